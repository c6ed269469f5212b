"""The operator: compiles Analyser objects into a registry and pushes it to every distributor."""

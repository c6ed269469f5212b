"""The sample analyser of the Log Distributor: counts what it is sent, and can fail on request."""

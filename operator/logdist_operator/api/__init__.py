"""The HTTP API for people, the UI and Prometheus."""

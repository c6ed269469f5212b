"""The curves of docs/performance.md: `python -m logdist_loadtest.scale`."""

"""The picture and the table of docs/algorithm.md: `python -m logdist_loadtest.plots`."""

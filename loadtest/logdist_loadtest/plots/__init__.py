"""Pictures and tables of docs/algorithm.md (`python -m logdist_loadtest.plots`) and docs/scaling.md (`....scaling`)."""

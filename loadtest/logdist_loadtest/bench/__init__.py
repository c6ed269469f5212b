"""The distributor measured side by side with nginx, HAProxy and Envoy: `python -m logdist_loadtest.bench`."""

"""logdist_distributor"""

"""logdist_loadtest"""

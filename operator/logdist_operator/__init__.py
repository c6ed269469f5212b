"""logdist_operator"""

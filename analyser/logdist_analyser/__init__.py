"""logdist_analyser"""

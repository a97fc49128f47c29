"""Grids of runs: trained in this process, in processes of their own, or on a cluster."""

"""The studies of the notebooks: for each, its arms (settings by name) and the training of one run."""

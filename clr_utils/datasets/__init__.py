"""Data as NumPy arrays with stated shapes and units, one loader a file."""

"""Measurements: the product beside its peers and beside what the machine allows. `python -m bench` runs them."""

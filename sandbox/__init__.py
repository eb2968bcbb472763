"""A Microsoft 365 tenant on this machine, for `make run` and the tests. It talks to the product by HTTP alone."""

"""The record: what may happen to it, who decides, what follows. Pure values and functions."""

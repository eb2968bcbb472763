"""Doors: one thin trigger for each way in. Check, hand over, answer."""

"""Generators of the data files that the device's packages read."""

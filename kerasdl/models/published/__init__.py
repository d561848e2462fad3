"""Weights that others published, in our models."""

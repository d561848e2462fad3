"""Architectures by name; each family is a function that returns a Keras model."""

from kerasdl.models.cnn import cnn
from kerasdl.models.mlp import mlp

__all__ = ["FAMILIES", "cnn", "mlp"]

FAMILIES = {"cnn": cnn, "mlp": mlp}
"""Family name, as in `model.name`, to the function; its arguments are the table's keys."""

"""Losses and metrics that Keras lacks."""

from kerasdl.losses.accuracy_of_found import AccuracyOfFound
from kerasdl.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy

__all__ = ["AccuracyOfFound", "SparseCategoricalCrossentropy"]

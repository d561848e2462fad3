"""Losses that Keras lacks."""

from kerasdl.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy

__all__ = ["SparseCategoricalCrossentropy"]

"""Layers that Keras lacks, or whose draws must not depend on the backend."""

from kerasdl.layers.batch_normalization import batch_normalization
from kerasdl.layers.dropout import Dropout
from kerasdl.layers.residual_block import ResidualBlock

__all__ = ["Dropout", "ResidualBlock", "batch_normalization"]

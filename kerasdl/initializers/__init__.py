"""Initializers that draw in NumPy, with the same bits on every backend."""

from kerasdl.initializers.drawn import Drawn
from kerasdl.initializers.glorot_uniform import GlorotUniform
from kerasdl.initializers.he_normal import HeNormal
from kerasdl.initializers.orthogonal import Orthogonal
from kerasdl.initializers.truncated_normal import TruncatedNormal

__all__ = ["Drawn", "GlorotUniform", "HeNormal", "Orthogonal", "TruncatedNormal"]

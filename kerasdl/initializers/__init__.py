"""Initializers that draw in NumPy, with the same bits on every backend."""

from kerasdl.initializers.drawn import Drawn
from kerasdl.initializers.glorot_uniform import GlorotUniform
from kerasdl.initializers.he_normal import HeNormal
from kerasdl.initializers.normal import Normal
from kerasdl.initializers.orthogonal import Orthogonal
from kerasdl.initializers.truncated_normal import TruncatedNormal
from kerasdl.initializers.uniform import Uniform

__all__ = [
    "Drawn",
    "GlorotUniform",
    "HeNormal",
    "Normal",
    "Orthogonal",
    "TruncatedNormal",
    "Uniform",
]

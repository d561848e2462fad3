"""Initial weights whose draws come from NumPy, the same bits on every backend."""

from kerasdl.initializers.he_normal import HeNormal

__all__ = ["HeNormal"]

"""Orthogonal weights, the same on every backend."""

import keras
import numpy as np

from kerasdl.initializers.drawn import Drawn


@keras.saving.register_keras_serializable(package="kerasdl")
class Orthogonal(Drawn):
    """Draw square matrices with orthonormal rows, side by side.

    A matrix that keeps lengths lets a recurrent network carry gradients through time.
    The kernel of a layer with several gates, `(units, gates * units)`, holds one for
    each gate. Saxe et al. 2014, https://arxiv.org/abs/1312.6120, section 3.

    Bits are those of LAPACK's QR, and may differ with the version of NumPy.

    Args:
        seed: Integer in `[0, 2**31)`. Without one, a seed is drawn from Python's
            `random`, which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `seed` is out of range, or a shape is no row of square matrices.
    """

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        if len(shape) != 2 or shape[1] % shape[0]:
            raise ValueError(f"`shape` (={shape}) must be (units, gates * units)")
        units, columns = shape
        normal = generator.standard_normal((columns // units, units, units))
        q, r = np.linalg.qr(normal)
        # QR leaves signs open; these make all rotations and reflections as likely.
        q *= np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
        return np.concatenate(list(q), axis=1)

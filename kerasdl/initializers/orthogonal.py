"""Orthogonal initializer, identical on every backend."""

import keras
import numpy as np

from kerasdl.initializers.drawn import Drawn


@keras.saving.register_keras_serializable(package="kerasdl")
class Orthogonal(Drawn):
    """Draw square matrices with orthonormal rows, side by side.

    An orthogonal matrix preserves lengths, so a recurrent network can carry gradients
    through time. The kernel of a layer with several gates, `(units, gates * units)`,
    holds one matrix per gate. Saxe et al. 2014, https://arxiv.org/abs/1312.6120,
    section 3.

    Bits come from LAPACK's QR and may differ between NumPy versions.

    Args:
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `seed` is out of range, or the shape is not
            `(units, gates * units)`.
    """

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        if len(shape) != 2 or shape[1] % shape[0]:
            raise ValueError(f"`shape` (={shape}) must be (units, gates * units)")
        units, columns = shape
        normal = generator.standard_normal((columns // units, units, units))
        q, r = np.linalg.qr(normal)
        # QR leaves signs open; these make all rotations and reflections equally likely.
        q *= np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
        return np.concatenate(list(q), axis=1)

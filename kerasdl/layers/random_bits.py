"""Random bits as a pure function of position, seed and step, in `keras.ops`.

Backends draw different numbers from the same seed. This integer hash gives the same
bits under JAX, PyTorch and TensorFlow, eager or compiled. Its only state is a seed and
a counter (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
"""

import math
from typing import Any

from keras import ops

# The multipliers of lowbias32, tuned for low avalanche bias by a heuristic search:
# https://nullprogram.com/blog/2018/07/31/. They are int32 because PyTorch lacks uint32.
MULTIPLIER_1 = 0x7FEB352D
MULTIPLIER_2 = 0x846CA68B - 2**32
# Odd constants near 2**32 / golden ratio and 2**32 * (sqrt(3) - 1) spread small seeds
# and counters over all bits.
SPREAD_SEED = 0x9E3779B9 - 2**32
SPREAD_COUNTER = 0xBB67AE85 - 2**32


def random_bits(shape: Any, state: Any) -> Any:
    """Return one uniform int32 for each position.

    Args:
        shape: Shape of the result; entries may be tensors.
        state: Integers of shape `(2,)`, a seed and a counter, as
            `keras.random.SeedGenerator.next()` returns them.

    Returns:
        int32 tensor of `shape`, uniform over all of int32.
    """
    state = ops.cast(state, "int32")
    seed, counter = state[0], state[1]
    # With two keys, streams of different (seed, counter) are not shifts of each other.
    key_1 = _mix(seed * SPREAD_SEED + counter)
    key_2 = _mix(counter * SPREAD_COUNTER + seed)
    size = math.prod(shape) if all(isinstance(n, int) for n in shape) else _size(shape)
    position = ops.reshape(ops.arange(size, dtype="int32"), shape)
    bits = ops.bitwise_xor(position, key_1)
    bits = ops.bitwise_xor(bits, _logical_shift(bits, 16)) * MULTIPLIER_1 + key_2
    bits = ops.bitwise_xor(bits, _logical_shift(bits, 15)) * MULTIPLIER_2
    return ops.bitwise_xor(bits, _logical_shift(bits, 16))


def _mix(bits: Any) -> Any:
    bits = ops.bitwise_xor(bits, _logical_shift(bits, 16)) * MULTIPLIER_1
    bits = ops.bitwise_xor(bits, _logical_shift(bits, 15)) * MULTIPLIER_2
    return ops.bitwise_xor(bits, _logical_shift(bits, 16))


def _logical_shift(bits: Any, places: int) -> Any:
    """Shift int32 right and fill with zeros, where `>>` would copy the sign."""
    return ops.bitwise_and(ops.right_shift(bits, places), (1 << (32 - places)) - 1)


def _size(shape: Any) -> Any:
    return ops.prod(ops.convert_to_tensor(shape, "int32"))

"""The hash against a plain NumPy one, and against the statistics of true chance."""

import keras
import numpy as np
import pytest
from scipy import stats

from kerasdl.layers.random_bits import random_bits


def draw(shape: tuple[int, ...], seed: int, counter: int) -> np.ndarray:
    state = np.array([seed, counter], "int32")
    return keras.ops.convert_to_numpy(random_bits(shape, state))


def reference(count: int, seed: int, counter: int) -> np.ndarray:
    """Return the same bits from unsigned NumPy arithmetic."""

    def mix(bits):
        bits = (bits ^ bits >> np.uint32(16)) * np.uint32(0x7FEB352D)
        bits = (bits ^ bits >> np.uint32(15)) * np.uint32(0x846CA68B)
        return bits ^ bits >> np.uint32(16)

    with np.errstate(over="ignore"):
        seed, counter = np.uint32(seed), np.uint32(counter)
        key_1 = mix(seed * np.uint32(0x9E3779B9) + counter)
        key_2 = mix(counter * np.uint32(0xBB67AE85) + seed)
        bits = np.arange(count, dtype="uint32") ^ key_1
        bits = (bits ^ bits >> np.uint32(16)) * np.uint32(0x7FEB352D) + key_2
        bits = (bits ^ bits >> np.uint32(15)) * np.uint32(0x846CA68B)
        return (bits ^ bits >> np.uint32(16)).view("int32")


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31 - 1])
@pytest.mark.parametrize("counter", [0, 1, 10**6])
def test_the_same_bits_on_every_backend(seed: int, counter: int):
    ours = draw((7, 11, 13), seed, counter)
    assert ours.dtype == "int32"
    assert np.array_equal(ours.ravel(), reference(1001, seed, counter))


def test_a_tensor_may_size_it():
    size = keras.ops.shape(np.zeros((3, 5)))
    assert draw(size, 1, 2).shape == (3, 5)


@pytest.mark.parametrize(("seed", "counter"), [(0, 0), (0, 1), (1, 0), (77, 123456)])
def test_every_byte_is_uniform(seed: int, counter: int):
    octets = draw((400_000,), seed, counter).view("uint8").reshape(-1, 4)
    for place in range(4):
        counts = np.bincount(octets[:, place], minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-4


def test_streams_are_independent():
    """Bits agree with those of neighbours in position, seed and step half the time."""
    base = reference(200_000, 3, 5)
    others = {
        "next seed": reference(200_000, 4, 5),
        "next step": reference(200_000, 3, 6),
        "swapped": reference(200_000, 5, 3),
        "shifted": np.roll(base, 1),
        "shifted by a row": np.roll(base, 256),
    }
    for name, other in others.items():
        agreement = ~(base ^ other)
        share = np.unpackbits(agreement.view("uint8")).mean()
        # 6.4 million fair coins: five standard deviations.
        assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(32 * len(base)), name


def test_no_two_steps_repeat_a_position():
    seen = np.concatenate([reference(1000, 9, step) for step in range(100)])
    # 100,000 draws from 2**32 values expect 1.16 coincidences.
    assert len(seen) - len(np.unique(seen)) < 10


def test_means_over_steps_are_uniform():
    """Each position is fair over the steps, as a unit's dropout must be."""
    draws = np.stack([reference(2000, 11, step) for step in range(2000)]) / 2**32
    z = (draws.mean(0)) / np.sqrt(1 / 12 / 2000)
    assert stats.kstest(z, "norm").pvalue > 1e-4
    assert np.abs(z).max() < 5.5

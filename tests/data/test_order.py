import numpy as np

from kerasdl.data.order import epoch_order, permutation
from kerasdl.seeds import derive_seed


def test_every_example_once():
    assert sorted(epoch_order(1000, seed=3, epoch=5)) == list(range(1000))


def test_a_function_of_seed_and_epoch_alone():
    np.random.seed(1)
    first = epoch_order(100, 0, 0)
    np.random.seed(2)
    assert np.array_equal(first, epoch_order(100, 0, 0))
    assert not np.array_equal(first, epoch_order(100, 0, 1))
    assert not np.array_equal(first, epoch_order(100, 1, 0))


def test_it_sorts_philox_words():
    key = derive_seed(4, "order", "epoch", 2)
    words = np.random.Generator(np.random.Philox(key=key)).bytes(8 * 50)
    assert np.array_equal(
        epoch_order(50, 4, 2), np.argsort(np.frombuffer(words, "<u8"))
    )


def test_positions_are_uniform():
    counts = np.zeros((5, 5))
    for seed in range(5000):
        counts[np.arange(5), permutation(5, seed)] += 1
    # Each of the 25 cells expects 1000 ± 28; five deviations never happen by chance.
    assert np.abs(counts - 1000).max() < 5 * 28.3

import numpy as np

from kerasdl.data import ArrayExamples, Batches


def test_batches_cover_an_epoch_in_order():
    x = np.arange(10)
    batches = Batches(ArrayExamples(x, x * 2), batch_size=4, seed=0)
    epoch = batches.epoch(0)
    taken = [epoch[index] for index in range(len(batches))]
    assert [len(x) for x, _ in taken] == [4, 4, 2]
    assert np.array_equal(np.concatenate([x for x, _ in taken]), epoch.order)
    assert all(np.array_equal(2 * x, y) for x, y in taken)


def test_each_example_has_its_weight():
    x = np.arange(10)
    weights = (x / 10).astype("float32")
    batches = Batches(ArrayExamples(x, x * 2), 4, seed=0, weights=weights)
    for x_batch, y, weights_batch in map(batches.epoch(1).__getitem__, range(3)):
        assert np.array_equal(2 * x_batch, y)
        assert np.array_equal(weights[x_batch], weights_batch)
    *_, resident = batches.resident()
    assert resident is weights

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

"""Batches that are made ahead are those that were asked for."""

import threading

import numpy as np
import pytest

from kerasdl.data import ArrayExamples, Batches
from kerasdl.data.ahead import BATCHES_AHEAD, Ahead


class Counted(ArrayExamples):
    """Examples that count how often rows are taken, and by which threads."""

    taken: list[str]

    def take(self, rows, epoch=0):
        self.taken.append(threading.current_thread().name)
        if (self.x[rows] < 0).any():
            raise ValueError("a row is damaged")
        return super().take(rows, epoch)


def batches(x: np.ndarray) -> Batches:
    examples = Counted(x, np.arange(len(x)))
    object.__setattr__(examples, "taken", [])
    return Batches(examples, 4, seed=0)


def test_they_are_the_batches_of_the_epoch():
    made = batches(np.arange(42.0))
    plain, ahead = made.epoch(3), Ahead(made.epoch(3))
    for index in range(len(made)):
        for one, other in zip(plain[index], ahead[index], strict=True):
            np.testing.assert_array_equal(one, other)


def test_few_are_made_and_each_once():
    made = batches(np.arange(40.0))
    ahead = Ahead(made.epoch(0))
    for index in (0, 0, 1):  # Keras reads the first batch twice
        ahead[index]
    taken = made.examples.taken
    assert len(taken) <= 2 + BATCHES_AHEAD
    for index in range(2, len(made)):
        ahead[index]
    assert len(taken) == len(made)
    assert {name.split("_")[0] for name in taken} == {"kerasdl-batches"}


def test_what_nobody_will_ask_for_is_not_made():
    """Another epoch begins, or reading goes on elsewhere."""
    made = batches(np.arange(40.0))
    begun, go_on, plain = threading.Event(), threading.Event(), made.examples.take

    def take(*given):
        begun.set()
        assert go_on.wait(9)
        return plain(*given)

    made.examples.__dict__["take"] = take
    one, other = Ahead(made.epoch(0)), Ahead(made.epoch(1))
    asking = threading.Thread(target=one.__getitem__, args=(0,))
    asking.start()
    assert begun.wait(9)
    while len(one._made) <= BATCHES_AHEAD:
        pass
    one.close()
    go_on.set()
    asking.join()
    other[len(made) - 1]  # which nothing follows
    assert len(made.examples.taken) == 2


def test_a_fault_is_raised_where_its_batch_is_asked_for():
    x = np.arange(40.0)
    made = batches(x)
    x[made.epoch(0).rows(2)[0]] = -1
    ahead = Ahead(made.epoch(0))
    ahead[0], ahead[1]
    with pytest.raises(ValueError, match="a row is damaged"):
        ahead[2]
    ahead[3]

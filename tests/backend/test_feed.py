import keras
import numpy as np
import pytest

from kerasdl.backend.feed import Feed
from kerasdl.backend.resume_position import begin_after
from kerasdl.data import ArrayExamples, Batches, Examples
from kerasdl.data.ahead import Ahead
from kerasdl.data.examples import WithTargets


class Recorder(keras.metrics.Metric):
    """Adds up, for each row, the position at which it was seen."""

    def __init__(self):
        super().__init__(name="recorder")
        self.step = self.add_weight(name="step", shape=(), initializer="zeros")
        self.seen = self.add_weight(name="seen", shape=(22,), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        rows = keras.ops.one_hot(keras.ops.cast(y_true[:, 0], "int32"), 22)
        self.step.assign_add(1.0)
        self.seen.assign_add(keras.ops.sum(rows, 0) * self.step)

    def result(self):
        return keras.ops.sum(self.seen)

    def reset_state(self):
        pass


def test_fit_sees_our_order_in_every_epoch():
    x = np.arange(22, dtype="float32")[:, None]
    batches = Batches(ArrayExamples(x, x), batch_size=5, seed=3)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    recorder = Recorder()
    model.compile("sgd", "mse", metrics=[recorder])
    feed = Feed(batches)
    model.fit(feed, shuffle=False, epochs=3, verbose=0, callbacks=[feed.follow()])
    expected, step = np.zeros(22), 0
    for epoch in range(3):
        order = batches.epoch(epoch).order
        for index in range(5):
            step += 1
            expected[order[index * 5 : index * 5 + 5]] += step
    assert np.array_equal(keras.ops.convert_to_numpy(recorder.seen), expected)


def test_it_may_begin_at_a_later_epoch():
    x = np.arange(22, dtype="float32")[:, None]
    batches = Batches(ArrayExamples(x, x), batch_size=5, seed=3)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    feed = Feed(batches)
    model.fit(
        feed, shuffle=False, initial_epoch=4, epochs=5, verbose=0,
        callbacks=[feed.follow()],
    )  # fmt: skip
    assert np.array_equal(feed.epoch.order, batches.epoch(4).order)


class Drawn(Examples):
    """Cannot live on a device, and notes what is taken."""

    def __init__(self, x: np.ndarray):
        self.x, self.taken = x, []

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        self.taken.append(tuple(rows))
        return self.x[rows], self.x[rows]


def test_an_epoch_that_begins_amid_draws_no_more_than_it_needs():
    drawn = Drawn(np.arange(60, dtype="float32")[:, None])
    batches = Batches(drawn, batch_size=5, seed=3)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    feed, arrived = Feed(batches), []
    amid = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: begin_after(8, arrived.append)
    )
    model.fit(feed, shuffle=False, verbose=0, callbacks=[feed.follow(), amid])
    order = batches.epoch(0).order
    expected = {tuple(order[n * 5 : n * 5 + 5]) for n in range(7, 12)}
    assert expected <= set(drawn.taken)
    assert len(drawn.taken) <= len(expected) + 2  # Keras looks at what comes first
    if keras.config.backend() != "tensorflow":  # which shows no batches
        [last] = arrived
        assert np.array_equal(np.asarray(last[0])[:, 0], order[35:40])


class Decoded(Drawn):
    """Examples that take long."""

    takes_long = True


@pytest.mark.any_backend
def test_what_takes_long_is_made_ahead():
    x = np.arange(60, dtype="float32")[:, None]
    slow = WithTargets(Decoded(x), lambda y: y)
    for examples, is_ahead in ((slow, True), (Drawn(x), False)):
        feed = Feed(Batches(examples, batch_size=5, seed=3))
        assert isinstance(feed.source, Ahead) == is_ahead
        expected = Batches(Drawn(x), batch_size=5, seed=3).epoch(0)
        for index in range(len(feed)):
            np.testing.assert_array_equal(feed[index][0], expected[index][0])

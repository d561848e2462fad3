import keras
import numpy as np

from kerasdl.backend.feed import Feed
from kerasdl.data import ArrayExamples, Batches


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

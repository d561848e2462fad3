"""`kerasdl.check` takes a dataset of TensorFlow."""

import tensorflow as tf

import kerasdl
from tests.jobs.checked import X, Y, model


def test_the_first_batch_of_a_dataset():
    data = tf.data.Dataset.from_tensor_slices((X, Y + 1)).batch(32)
    [found] = kerasdl.check(model(), data)
    assert found.what.startswith("class numbers are 1 to 3")
    assert kerasdl.check(model(), data.take(0))[0].what == "the data have no examples"

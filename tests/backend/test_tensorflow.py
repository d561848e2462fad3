import tensorflow as tf

from kerasdl import backend


def test_seeding_repeats_the_backends_own_draws():
    """What somebody else's layer draws directly from the backend repeats."""
    draws = []
    for _ in range(2):
        backend.current().seed(3)
        draws.append(tf.random.uniform([3]).numpy().tolist())
    assert draws[0] == draws[1]


def test_float32_is_no_tensorfloat32_on_a_gpu():
    assert not tf.config.experimental.tensor_float_32_execution_enabled()

from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.jobs.batch_norm_of_one import batch_norm_of_one
from kerasdl.models import from_preset
from tests.contract import numbers
from tests.jobs.helpers import With, config, train_lean

pytestmark = pytest.mark.any_backend

BATCH = keras.layers.BatchNormalization


def model(shape: tuple, *layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *layers])


@pytest.mark.parametrize(
    ("examples", "batch_size", "words"),
    [
        (12, 1, ["each batch has 1 example", "raise training.batch_size"]),
        (1, 4, ["each batch has 1 example", "give more examples"]),
        (13, 4, ["the last batch", "1 example of 13", "training.batch_size to 5"]),
        (7, 2, ["the last batch", "training.batch_size to 4"]),
        (3, 2, ["the last batch", "training.batch_size to 3"]),
        (12, 4, None),
        (14, 4, None),
    ],
)
def test_batches_of_one(examples: int, batch_size: int, words):
    finding = batch_norm_of_one(model((3,), BATCH(name="norm")), examples, batch_size)
    if words is None:
        assert finding is None
    else:
        assert finding is not None
        assert finding.where.endswith("norm")
        line = str(finding)
        assert all(word in line for word in ["norm normalises 1 value", *words]), line


@pytest.mark.parametrize(
    ("shape", "layer", "alone"),
    [
        ((1, 1, 5), BATCH(), True),
        ((2, 1, 5), BATCH(), False),
        ((1, 4), BATCH(), True),
        ((6, 4), BATCH(), False),
        ((4, 1, 1), BATCH(axis=1), True),
        ((4, 1, 2), BATCH(axis=1), False),
        ((None, None, 3), BATCH(), False),
        ((3,), BATCH(trainable=False), False),
        ((3,), keras.layers.LayerNormalization(), False),
    ],
)
def test_values_are_counted_over_all_positions(shape: tuple, layer, alone: bool):
    assert bool(batch_norm_of_one(model(shape, layer), 3, 1)) == alone


def test_layers_within_layers():
    """Of ResNet-18 on 8×8 images, the last stage has one position."""
    network = from_preset("resnet18", (8, 8, 3), 10)
    line = str(batch_norm_of_one(network, 5, 1))
    assert "stage_4_block_1/projection_norm and 4 more normalise 1 value" in line


class BegunError(Exception):
    """Ends a run before its first step."""


class Begin(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        raise BegunError


@pytest.mark.parametrize("batch_size", [1, 105, 106])
def test_training_warns_before_the_first_step(batch_size: int):
    reporter = With(Begin())
    settings = config(
        "mlp-tabular", f"training.batch_size={batch_size}",
        "data.name=wine", "data.validation_fraction=0.25",
    )  # fmt: skip
    with pytest.raises(BegunError):
        train_lean(settings, "run", reporter)
    if batch_size == 106:
        assert reporter.warnings == []
        return
    [line] = reporter.warnings
    where = "each batch" if batch_size == 1 else "the last batch of an epoch"
    assert f"since {where} has 1 example" in line
    assert line[:40] in Path("run/events.jsonl").read_text()


def test_what_it_warns_of():
    """The layer's output does not depend on its input."""
    network = model((3,), BATCH(name="norm"))
    one, other = np.ones((1, 3)), np.array([[4.0, -2.0, 9.0]])
    outputs = [numbers(network(x, training=True)) for x in (one, other)]
    assert np.abs(np.concatenate(outputs)).max() < 1e-6

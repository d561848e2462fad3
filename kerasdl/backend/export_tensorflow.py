"""Models as TensorFlow's SavedModel and as LiteRT files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.without_notices import without_notices


def saved_model_files(
    model: keras.Model, batch: np.ndarray, told: dict[str, str]
) -> dict[str, bytes]:
    """Return the files of a SavedModel, whose function `serve` takes a batch."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "model")
        model.export(path, format="tf_saved_model", verbose=False)
        return {
            str(file.relative_to(place)): file.read_bytes()
            for file in sorted(path.rglob("*"))
            if file.is_file() and file.name != "fingerprint.pb"  # it has a random id
        }


def litert_files(
    model: keras.Model, batch: np.ndarray, told: dict[str, str]
) -> dict[str, bytes]:
    """Return a LiteRT file."""
    lite: Any = tf.lite
    with (
        tempfile.TemporaryDirectory() as place,
        _unrolled(model),
        without_notices(shown_at_a_fault=False),  # a fault says the same
    ):
        model.export(place, format="tf_saved_model", verbose=False)
        converter = lite.TFLiteConverter.from_saved_model(place)
        return {"model.tflite": converter.convert()}


@contextmanager
def _unrolled(model: keras.Model) -> Iterator[None]:
    """Let recurrent layers be traced step by step, as LiteRT has no such loops."""
    layers = [each for each in flatten_layers(model) if hasattr(each, "unroll")]
    before = [each.unroll for each in layers]
    for each in layers:
        each.unroll = True
    try:
        yield
    finally:
        for each, value in zip(layers, before, strict=True):
            each.unroll = value

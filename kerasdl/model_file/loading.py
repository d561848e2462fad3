"""The third stage: build the model that was inspected, and fill it."""

import contextlib
import importlib
import math
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from kerasdl import untrusted
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.model_file.allowlist import OUR_FOLDERS
from kerasdl.model_file.inspection import HINT, WEIGHTS, inspect

STATE_OF_A_LAYER = 64
"""Numbers that a layer may keep beside its weights, such as a seed and a counter."""


def load(path: Path) -> keras.Model:
    """Return the model of a file, uncompiled.

    Raises:
        ModelFileError: As `inspect`, or if Keras cannot build or fill it.
        UnsafeError: As `inspect`, or if the model has more weights than the file holds,
            or the file more than the model needs.
    """
    inspection = inspect(path)
    for folder in OUR_FOLDERS:  # their classes must be registered by now
        importlib.import_module(f"kerasdl.{folder}")
    try:
        with _no_more_weights_than(inspection.weights, path):
            model = keras.saving.deserialize_keras_object(inspection.config)
        if not isinstance(model, keras.Model):
            raise TypeError("it is no model")
        layers = len(model._flatten_layers())
        if inspection.weights > model.count_params() + STATE_OF_A_LAYER * layers:
            what = f"{path} holds {inspection.weights:,} numbers"
            needed = f"{what}, its model has {model.count_params():,}"
            raise UnsafeError(needed, HINT)
        with tempfile.TemporaryDirectory() as folder, untrusted.open_file(path) as file:
            weights = zipfile.ZipFile(file).extract(WEIGHTS, folder)
            model.load_weights(weights)
    except (ModelFileError, UnsafeError):
        raise
    except Exception as fault:  # Keras raises what its layers do
        said = " ".join(str(fault).split())[:200] or type(fault).__name__
        raise ModelFileError(f"cannot read {path}: {said}", HINT) from fault
    return model


@contextlib.contextmanager
def _no_more_weights_than(most: int, path: Path) -> Iterator[None]:
    """Refuse a weight before it takes memory that no bytes of the file account for."""
    add_weight = keras.layers.Layer.add_weight
    left = most

    def counted(self: Any, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= math.prod(shape or ())
        if left < 0:
            what = (
                f"{path} describes a model of more than the {most:,} weights it holds"
            )
            raise UnsafeError(what, HINT)
        return add_weight(self, shape, *args, **kwargs)

    keras.layers.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = add_weight

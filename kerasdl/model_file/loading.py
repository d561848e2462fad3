"""The third stage: build the model that was inspected, and fill it."""

import importlib
import tempfile
import zipfile
from pathlib import Path

import keras

from kerasdl import registry, untrusted
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.errors import BackendError, ModelFileError, StorageError, UnsafeError
from kerasdl.model_file.allowlist import OUR_FOLDERS
from kerasdl.model_file.inspection import WEIGHTS, inspect
from kerasdl.model_file.limits import Sizes, limits, mismatch
from kerasdl.model_file.weights import HINT

STATE_OF_A_LAYER = 64
"""Numbers that a layer may keep beside its weights, such as a seed and a counter."""


def load(path: Path) -> tuple[keras.Model, Sizes]:
    """Return the model of a file, uncompiled, and what was seen of it.

    Raises:
        BackendError: If this version of Keras lacks what bounds the model.
        ModelFileError: As `inspect` and `limits`, or if Keras cannot build or fill it.
        StorageError: If there is no room for its weights in the temporary folder.
        UnsafeError: As `inspect` and `limits`.
        KerasDLError: As `mismatch`, if the file holds more weights than the model.
    """
    inspection = inspect(path)
    for folder in OUR_FOLDERS:  # their classes must be registered by now
        importlib.import_module(f"kerasdl.{folder}")
    for layer in registry.names("layers"):
        registry.find("layers", layer)
    try:
        with limits(inspection.weights, path) as sizes:
            model = keras.saving.deserialize_keras_object(inspection.config)
        if not isinstance(model, keras.Model):
            raise TypeError("it is no model")
        held, needed = inspection.weights, model.count_params()
        if held > needed + STATE_OF_A_LAYER * len(flatten_layers(model)):
            what = f"{path} holds {held:,} weights, its model has {needed:,}"
            raise mismatch(held, needed)(what, HINT)
        with tempfile.TemporaryDirectory() as folder:
            model.load_weights(_extracted(path, folder))
    except (BackendError, ModelFileError, StorageError, UnsafeError):
        raise
    except Exception as fault:  # Keras raises what its layers do
        said = " ".join(str(fault).split())[:200] or type(fault).__name__
        raise ModelFileError(f"cannot read {path}: {said}", HINT) from fault
    return model, sizes


def _extracted(path: Path, folder: str) -> str:
    with untrusted.open_file(path) as file, zipfile.ZipFile(file) as archive:
        try:
            return archive.extract(WEIGHTS, folder)
        except OSError as fault:
            what = f"cannot write the weights of {path} to {folder}: {fault.strerror}"
            raise StorageError(what, "free some space, or set TMPDIR") from fault

"""The third stage: build an inspected model and load its weights."""

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
from kerasdl.weight_files.hdf5 import HINT

MAX_LAYER_STATE = 64
"""Numbers of state that a layer may have besides its weights, such as a seed."""


def load(path: Path) -> tuple[keras.Model, Sizes]:
    """Return the uncompiled model of a file, and its sizes.

    Raises:
        BackendError: If this version of Keras lacks what the limits need.
        ModelFileError: As `inspect` and `limits`, or if Keras cannot build or fill it.
        StorageError: If the temporary folder has no space for its weights.
        UnsafeError: As `inspect` and `limits`.
        KerasDLError: As `mismatch`, if the file has more weights than the model.
    """
    inspection = inspect(path)
    for folder in OUR_FOLDERS:  # registers their classes
        importlib.import_module(f"kerasdl.{folder}")
    for layer in registry.names("layers"):
        registry.find("layers", layer)
    try:
        with limits(inspection.weights, path) as sizes:
            model = keras.saving.deserialize_keras_object(inspection.config)
        if not isinstance(model, keras.Model):
            raise TypeError("it is not a model")
        held, needed = inspection.weights, model.count_params()
        if held > needed + MAX_LAYER_STATE * len(flatten_layers(model)):
            what = f"{path} holds {held:,} weights, its model has {needed:,}"
            raise mismatch(held, needed)(what, HINT)
        with tempfile.TemporaryDirectory() as folder:
            model.load_weights(_extracted(path, folder))
    except (BackendError, ModelFileError, StorageError, UnsafeError):
        raise
    except Exception as fault:  # Keras raises what its layers do
        reason = " ".join(str(fault).split())[:200] or type(fault).__name__
        raise ModelFileError(f"cannot read {path}: {reason}", HINT) from fault
    return model, sizes


def _extracted(path: Path, folder: str) -> str:
    with untrusted.open_file(path) as file, zipfile.ZipFile(file) as archive:
        try:
            return archive.extract(WEIGHTS, folder)
        except OSError as fault:
            what = f"cannot write the weights of {path} to {folder}: {fault.strerror}"
            raise StorageError(what, "free some space, or set TMPDIR") from fault

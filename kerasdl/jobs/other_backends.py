"""A model on other backends, each in a separate process."""

import importlib
import importlib.util
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import storage
from kerasdl.jobs import worker
from kerasdl.models.family import Family

MODEL, INPUTS, RESULT = "model.keras", "inputs.npy", "result.npz"


def on_other_backends(
    backends: list[str],
    definition: type,
    x: np.ndarray,
    model: Any = None,
    num_outputs: int | None = None,
    family: Family | None = None,
) -> dict[str, list[np.ndarray]]:
    """Return outputs on each backend, then the weights if a family builds the model.

    Args:
        backends: Backends to run.
        definition: The class to import before the model is loaded or built.
        x: Inputs of shape `(batch, …)`.
        model: The model to load there; without it, the family builds one with seed 0.
        num_outputs: As in `Family.build`.
        family: The family that builds the model.

    Raises:
        KerasDLError: If a process fails.
        ValueError: If the class is defined in a function, where no process finds it.
    """
    if "<locals>" in definition.__qualname__:
        what = f"{definition.__qualname__} is defined in a function"
        raise ValueError(f"{what}; move it to a module, or pass `backends=()`")
    module = sys.modules[definition.__module__]
    job: dict[str, Any] = {"module": module.__name__, "path": sys.path}
    job["file"] = getattr(module, "__file__", None)
    if family is not None:
        job |= {"family": definition.__qualname__, "keys": asdict(family)}
        job["num_outputs"] = num_outputs
    results = {}
    for backend in backends:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            np.save(folder / INPUTS, x)
            if model is not None:
                model.save(folder / MODEL)
            process = worker.start(folder, "outputs", backend, **job)
            worker.finish(process, folder, backend)
            with np.load(folder / RESULT) as arrays:
                results[backend] = [arrays[key] for key in arrays.files]
    return results


def write_outputs(folder: Path, module: str, file: str | None, **job: Any) -> None:
    """Do the job of `on_other_backends`, in a separate process."""
    sys.path += [entry for entry in job["path"] if entry not in sys.path]
    definitions = _import(module, file)

    import keras

    x = np.load(folder / INPUTS)
    if "family" in job:
        family: Any = definitions
        for part in job["family"].split("."):
            family = getattr(family, part)
        keys = {
            n: tuple(v) if isinstance(v, list) else v for n, v in job["keys"].items()
        }
        model = family(**keys).build(x.shape[1:], job["num_outputs"], seed=0)
        weights = model.get_weights()
    else:
        model, weights = keras.saving.load_model(folder / MODEL), []
    outputs = keras.ops.convert_to_numpy(model(x, training=False))
    with storage.replacing(folder / RESULT) as temporary:
        np.savez(temporary, outputs, *weights)


def _import(module: str, file: str | None) -> Any:
    """Import a module by its name, or by its file if it is a script or a test."""
    if module != "__main__":
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError:
            if file is None:
                raise
    name = "__mp_main__" if module == "__main__" else module
    spec = importlib.util.spec_from_file_location(name, str(file))
    assert spec is not None
    assert spec.loader is not None
    imported = importlib.util.module_from_spec(spec)
    sys.modules[name] = imported
    spec.loader.exec_module(imported)
    return imported

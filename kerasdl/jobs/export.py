"""Write the network of a run as other programs run it, and verify it there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import storage
from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import ConfigError, KerasDLError, StorageError, reason_of
from kerasdl.exports.card import model_card
from kerasdl.exports.compression import CALIBRATED, COMPRESSIONS, compressed
from kerasdl.exports.folder import scripts
from kerasdl.exports.formats import FORMATS, Format
from kerasdl.exports.graph import unscaled, with_scaling
from kerasdl.exports.verification import COMPARED
from kerasdl.jobs import encodings, evaluate
from kerasdl.jobs.evaluate import Subject, load_model
from kerasdl.jobs.export_trial import Trial
from kerasdl.jobs.rebuilt import with_weights_of
from kerasdl.model_file.limits import limits
from kerasdl.rundir import RunDir


def export(
    run: RunDir,
    form_name: str,
    folder: Path,
    data_name: str | None = None,
    compression: str | None = None,
) -> dict[str, Any]:
    """Write a folder with the network of a run, and all that runs it without kerasdl.

    The network is compared with the model before the folder appears: outputs and scores
    on the test split, and the answers of its script to a sample. It computes in float32
    unless it is compressed.

    Args:
        run: The run.
        form_name: A key of `FORMATS`; Keras runs on its backend.
        folder: Where to write; it must not exist.
        data_name: Other data to verify it on; None takes the test split of the run. A
            run of published weights has none, and is verified on random inputs.
        compression: One of `COMPRESSIONS`, for ONNX; None for none.

    Returns:
        The folder, the format, the files, and the content of `verification.json`.

    Raises:
        BackendError: If a package is missing, or a script changed the Keras settings
            that runs need.
        CheckFailedError: If the network computes something else.
        ConfigError: If the folder exists, or the format cannot hold the model.
        DataError: If the data have changed, or do not fit the model.
        ModelFileError, UnsafeError: As `load_model`.
        StorageError: If it cannot be written.
    """
    settings.check()
    if folder.exists():
        raise ConfigError(f"{folder} exists", "choose another --output")
    form = FORMATS[form_name]
    form.check_installed()
    if compression and (compression not in COMPRESSIONS or form_name != "onnx"):
        what = f"a network in the format {form_name} is not compressed to {compression}"
        hint = f"choose onnx, and one of {', '.join(COMPRESSIONS)}"
        raise ConfigError(what, hint)
    config = run.read_config()
    encoding = encodings.read(run, config)
    subject = None
    if config.data.name or data_name:
        subject = evaluate.opened(run, data_name)
    if compression and (subject is None or subject.task.decodes):
        what = f"{run.path} has no score by which to verify {compression}"
        raise ConfigError(what, "export it without")
    trained = subject.model if subject else load_model(run, encoding)[0]
    with limits(trained.count_params(), run.model_file):
        model = _in_float32(trained, config, encoding)
    scaling = encoding.preprocessing.scaling()
    x, files = _inputs(subject, encoding), scripts(encoding, form, scaling is not None)
    trial = Trial(model, scaling, files, x, subject)
    network = _written(form, with_scaling(model, scaling), unscaled(x[:2], scaling))
    verified = trial.run(network)
    if compression:
        whole, values = verified, unscaled(_calibration(subject, x), scaling)
        network = _compressed(network, compression, values)
        verified = trial.run(network, exact=False)
        kept = ("bytes", "seconds", "scores")
        uncompressed = {name: whole[name] for name in kept}
        verified |= {"compression": compression, "uncompressed": uncompressed}
    sample = trial.sample
    answers = verified.pop("answers")
    card = model_card(config, encoding, form, run.read_result() or {}, verified)
    files |= sample.files | network
    if sample.arguments:
        told = {"arguments": sample.arguments, "answers": answers}
        files["sample.json"] = _json(told)
    files["verification.json"] = _json(verified)
    files["MODEL_CARD.md"] = card.encode()
    storage.write_directory(folder, files)
    about = {"folder": str(folder), "format": form.name, "files": sorted(files)}
    return about | verified


def _in_float32(
    trained: keras.Model, config: Config, encoding: Encoding
) -> keras.Model:
    if config.precision.policy == "float32":
        return trained
    precision = replace(config.precision, policy="float32")
    return with_weights_of(trained, replace(config, precision=precision), encoding)


def _inputs(subject: Subject | None, encoding: Encoding) -> np.ndarray:
    """Return `COMPARED` inputs to score; without data, random ones."""
    if subject:
        rows = np.resize(np.arange(len(subject.examples)), COMPARED)
        return subject.examples.take(rows)[0]
    [only] = encoding.preprocessing.signature.values()
    generator, shape = np.random.default_rng(0), (COMPARED, *only.shape)
    if only.vocabulary_size:
        return generator.integers(1, only.vocabulary_size, shape, only.dtype)
    scaling = encoding.preprocessing.scaling()
    if scaling and scaling.dtype == "uint8":
        pixels = generator.integers(0, 256, shape).astype("float32")
        return (pixels - scaling.mean) / scaling.scale
    return generator.normal(size=shape).astype(only.dtype)


def _calibration(subject: Subject | None, x: np.ndarray) -> np.ndarray:
    """Return inputs of the validation split; others where there is none."""
    if subject is None or subject.own is None or not len(subject.own.validation):
        return x
    validation = subject.own.validation
    return validation.take(np.arange(min(CALIBRATED, len(validation))))[0]


def _written(form: Format, model: keras.Model, batch: np.ndarray) -> dict[str, bytes]:
    """Return the files of a network.

    Raises:
        ConfigError: If the format cannot hold it.
    """
    with _faults(f"{form.name} cannot hold this model", "choose another --format"):
        return form.written(model, batch, {"producer": "kerasdl"})


def _compressed(
    network: dict[str, bytes], compression: str, values: np.ndarray
) -> dict[str, bytes]:
    """Return the file of an ONNX network, compressed.

    Raises:
        ConfigError: If it cannot be compressed.
    """
    [(name, content)] = network.items()
    what = f"the network cannot be compressed to {compression}"
    with _faults(what, "export it without"):
        return {name: compressed(content, compression, values)}


@contextmanager
def _faults(what: str, hint: str) -> Iterator[None]:
    """Turn what libraries raise into `ConfigError`, and a full disk into its own."""
    try:
        yield
    except KerasDLError:
        raise
    except OSError as fault:
        where = f"cannot write {fault.filename or 'a temporary file'}: {fault.strerror}"
        raise StorageError(where, "free some space") from fault
    except Exception as fault:  # the libraries raise what they like
        raise ConfigError(f"{what}: {reason_of(fault)}", hint) from fault


def _json(values: Any) -> bytes:
    return f"{storage.to_json(values, indent=2)}\n".encode()

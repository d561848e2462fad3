"""Write the network of a run as other programs run it, and verify it there."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import storage
from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.data.preprocessing import Part, Sample
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.bootstrap import interval
from kerasdl.diagnostics.latency import latency
from kerasdl.errors import ConfigError, reason_of
from kerasdl.exports import verification
from kerasdl.exports.card import model_card
from kerasdl.exports.folder import scripts
from kerasdl.exports.formats import FORMATS, Format
from kerasdl.exports.graph import unscaled, with_scaling
from kerasdl.exports.verification import COMPARED, Exported
from kerasdl.jobs import encodings, evaluate
from kerasdl.jobs.cost import drawn
from kerasdl.jobs.evaluate import Subject, load_model
from kerasdl.jobs.predict import writer
from kerasdl.jobs.rebuilt import with_weights_of
from kerasdl.rundir import RunDir
from kerasdl.tasks.measured import Predicted

Score = Callable[[np.ndarray], np.ndarray | None]
"""Scores resamples, as `Targets.score_resamples` does."""
SAMPLES = 3
"""Examples of the test split that go along."""
LATENCIES = (1, 32)
"""Sizes of batches whose times are measured."""


def export(
    run: RunDir, form_name: str, folder: Path, data_name: str | None = None
) -> dict[str, Any]:
    """Write a folder with the network of a run, and all that runs it without kerasdl.

    The network is compared with the model before the folder appears: outputs and scores
    on the test split, and the answers of its script to a sample. It computes in float32.

    Args:
        run: The run.
        form_name: A key of `FORMATS`; Keras runs on its backend.
        folder: Where to write; it must not exist.
        data_name: Other data to verify it on; None takes the test split of the run. A
            run of published weights has none, and is verified on random inputs.

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
    config = run.read_config()
    encoding = encodings.read(run, config)
    subject = None
    if config.data.name or data_name:
        subject = evaluate.opened(run, data_name)
    trained = subject.model if subject else load_model(run, encoding)[0]
    model = _in_float32(trained, config, encoding)
    scaling = encoding.preprocessing.scaling()
    x = _compared(subject, encoding)
    files = scripts(encoding, form, scaling is not None)
    network = _written(form, with_scaling(model, scaling), unscaled(x[:2], scaling))
    files |= network
    sample = _sample(subject)
    files |= sample.files
    with tempfile.TemporaryDirectory() as place:
        built = Path(place, "export")
        storage.write_directory(built, files)
        exported = Exported(verification.opened(built, form), scaling, model)
        verified = _verified(exported, model, x, subject)
        answers = verification.answers(built, sample.arguments)
        if subject and sample.examples:
            expected = _expected(subject, model, sample.examples)
            verification.check_answers(answers, expected)
    verified["bytes"] = sum(map(len, network.values()))
    told = {"arguments": sample.arguments, "answers": answers}
    card = model_card(config, encoding, form, run.read_result() or {}, verified)
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


def _compared(subject: Subject | None, encoding: Encoding) -> np.ndarray:
    """Return inputs of the test split; without data, random ones."""
    if subject:
        rows = np.resize(np.arange(len(subject.examples)), COMPARED)
        return subject.examples.take(rows)[0]
    [only] = encoding.preprocessing.signature.values()
    if only.vocabulary_size is None:
        return np.repeat(drawn(only.shape, only.dtype), COMPARED, axis=0)
    generator = np.random.default_rng(0)
    shape = COMPARED, *only.shape
    return generator.integers(1, only.vocabulary_size, shape, only.dtype)


def _written(form: Format, model: keras.Model, batch: np.ndarray) -> dict[str, bytes]:
    """Return the files of a network.

    Raises:
        ConfigError: If the format cannot hold it.
    """
    try:
        return form.written(model, batch, {"producer": "kerasdl"})
    except Exception as fault:  # the libraries raise what they like
        what = f"{form.name} cannot hold this model: {reason_of(fault)}"
        raise ConfigError(what, "choose another --format") from fault


def _verified(
    exported: Exported, model: keras.Model, x: np.ndarray, subject: Subject | None
) -> dict[str, Any]:
    """Return how a network differs from its model, and how fast it is.

    Raises:
        CheckFailedError: If it computes something else.
    """
    found: dict[str, Any] = {
        "difference": verification.difference(exported, model, x),
        "scores": {},
        "intervals": {},
        "examples": len(subject.examples) if subject else 0,
        "own_test_split": bool(subject and subject.own),
    }
    if subject and not subject.task.decodes:
        found |= _scores(exported, model, subject)
    times = {}
    for size in LATENCIES:
        batch = np.resize(x, (size, *x.shape[1:]))
        taken = latency(lambda batch=batch: exported.predict_on_batch(batch))
        times[str(size)] = {"median": taken.median, "p99": taken.p99}
    return found | {"seconds": times}


def _scores(exported: Exported, model: keras.Model, subject: Subject) -> dict[str, Any]:
    """Return the scores of a network, which are those of its model."""
    targets, config = subject.encoding.targets, subject.config
    task, examples, size = subject.task, subject.examples, subject.batch_size
    expected = task.measure(model, examples, targets, config, size)
    found: Any = exported
    measured = task.measure(found, examples, targets, config, size)
    verification.check_scores(measured.scores, expected.scores, len(examples))
    intervals = {}
    if measured.predicted and measured.predicted.is_finite:
        for name in measured.scores:
            score = _resampled(targets, name, measured.predicted)
            if bounds := interval(score, len(examples)):
                intervals[name] = [bounds.low, bounds.high]
    return {"scores": measured.scores, "intervals": intervals}


def _resampled(targets: Targets, name: str, found: Predicted) -> Score:
    return lambda counts: targets.score_resamples(name, *found, counts)


def _sample(subject: Subject | None) -> Sample:
    """Return the first examples of the test split, if the kind of data allows it."""
    nothing = Sample([], {}, 0)
    if subject is None:
        return nothing
    some = Part(subject.part.raw, subject.part.rows[:SAMPLES])
    return subject.encoding.preprocessing.sample(some) or nothing


def _expected(subject: Subject, model: keras.Model, count: int) -> list[dict[str, Any]]:
    """Return what `kerasdl predict` says of the first examples, as JSON values."""
    targets, preprocessing = subject.encoding.targets, subject.encoding.preprocessing
    x = subject.examples.take(np.arange(count))[0]
    if subject.task.decodes:
        ids = writer(model, preprocessing)(x, count)[0]
        columns = preprocessing.decoded(ids.astype("float64"))
    else:
        columns = targets.predictions(x, model.predict_on_batch(x))
    rows = zip(*(each.tolist() for each in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _json(values: Any) -> bytes:
    return f"{storage.to_json(values, indent=2)}\n".encode()

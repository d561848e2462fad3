"""Prepare data for a model: check, split and encode them."""

from dataclasses import replace
from typing import Any

import numpy as np

from kerasdl import tasks
from kerasdl.config import Config
from kerasdl.data import Dataset, Encoding, Examples
from kerasdl.data.order import permutation
from kerasdl.data.parts import Parts
from kerasdl.data.raw import Raw
from kerasdl.errors import DataError
from kerasdl.finding import Finding
from kerasdl.jobs.located import located


@located
def prepare(
    raw: Raw,
    config: Config,
    encoding: Encoding | None = None,
    former: dict[str, Any] | None = None,
) -> Dataset:
    """Check data, split them, and encode their examples.

    Args:
        raw: The data.
        config: The config, which sets the task, the split and the preprocessing.
        encoding: The encoding to use instead of one fitted to the training split. With
            one, the data are known, and there are no findings.
        former: JSON values of the preprocessing of the run that resumes; None if none
            does.

    Raises:
        DataError: If the data cannot be learned from.
    """
    kind, task = config.data, tasks.find(config.data.task)
    check(raw, config)
    parts = kind.parts(raw, task.stratified, split_seed(config))
    dataset = encode(raw, config, parts, encoding, former)
    if (count := len(dataset.test)) < task.smallest_test_set:
        what = f"the test set of {parts.test.raw.source} has {count} example"
        what = f"{what}, {task.headline} needs {task.smallest_test_set}"
        is_own = parts.test.raw is not parts.train.raw
        hint = (
            "give more of them"
            if is_own
            else "give more examples, or raise data.test_fraction"
        )
        raise DataError(what, hint)
    most = config.training.examples
    return dataset if most == "all" else _fewer(dataset, most, split_seed(config))


def _fewer(dataset: Dataset, most: int, seed: int) -> Dataset:
    """Return a dataset with some of its training examples, drawn at random."""
    train, weights = dataset.train, dataset.weights
    if len(train) <= most:
        return dataset
    chosen = np.sort(permutation(len(train), seed, "examples")[:most])
    fewer = train.some(chosen)
    return replace(
        dataset, train=fewer, weights=None if weights is None else weights[chosen]
    )


def split_seed(config: Config) -> int:
    """Return the seed of the split."""
    seed = config.data.split_seed
    return config.training.seed if seed == "auto" else seed


def check(raw: Raw, config: Config) -> None:
    """Raise `DataError` unless inputs and targets are valid."""
    kind, task = config.data, tasks.find(config.data.task)
    kind.check(raw)
    if (targets := _targets(raw, config)) is not None:
        task.check(targets, kind.num_classes, raw.source)


def encode(
    raw: Raw,
    config: Config,
    parts: Parts,
    encoding: Encoding | None = None,
    former: dict[str, Any] | None = None,
) -> Dataset:
    """Encode data that passed `check` and are split; the arguments as in `prepare`.

    Raises:
        DataError: If the model cannot take one of the examples.
    """
    kind, task = config.data, tasks.find(config.data.task)
    is_new = encoding is None
    if encoding is None:
        train = parts.train
        preprocessing = kind.refit(train, former) if former else kind.fit(train)
        targets = task.fit(
            _targets(raw, config),
            parts.train.rows,
            preprocessing.signature,
            kind.num_classes,
            raw.source,
        ).named(kind.target_names)
        encoding = Encoding(kind.kind, task.name, preprocessing, targets)
    train = kind.training_examples(
        encoding.examples(parts.train, learning=True), config.training.seed
    )
    validation, test = map(encoding.examples, (parts.validation, parts.test))
    findings: list[Finding] = []
    weights = relative(kind.weights(parts.train)) if is_new else None
    if is_new:
        findings += [*kind.findings(raw, parts), *train.findings()]
        if (encoded := train.targets()) is not None:
            findings += task.findings(config, encoded, encoding.targets, weights)
    return Dataset(
        raw.source,
        raw.sha256(),
        encoding,
        train,
        validation,
        test,
        parts.test,
        tuple(findings),
        parts.how,
        weights,
    )


def relative(weights: np.ndarray | None) -> np.ndarray | None:
    """Return weights divided by the greatest.

    What float32 cannot hold weighs nothing, so that no balanced weight overflows.
    """
    if weights is None:
        return None
    return (weights / weights.max()).astype("float32").astype("float64")


def _targets(raw: Raw, config: Config) -> np.ndarray | None:
    """Return the raw targets, or None if the task makes its own."""
    return raw.targets if config.data.needs_targets else None


@located
def examples(raw: Raw, config: Config, encoding: Encoding) -> Examples:
    """Encode new data for a model: their test set if they have one, else all of them.

    Raises:
        DataError: If they do not fit the model.
    """
    config.data.check_new(raw, encoding.preprocessing)
    return encoding.examples(config.data.new(raw))

"""Prepare data for a model: check, split and encode them."""

from kerasdl import tasks
from kerasdl.config import Config
from kerasdl.data import Dataset, Encoding, Examples
from kerasdl.data.kinds.kind import Raw
from kerasdl.errors import DataError


def prepare(raw: Raw, config: Config, encoding: Encoding | None = None) -> Dataset:
    """Check data, split them, and encode their examples.

    Args:
        raw: The data.
        config: The config, which sets the task, the split and the preprocessing.
        encoding: The encoding to use instead of one fitted to the training split. With
            one, the data are known, and there are no findings.

    Raises:
        DataError: If the data cannot be learned from.
    """
    kind, task = config.data, tasks.find(config.data.task)
    kind.check(raw)
    raw_targets = raw.targets if task.origin == "given" else None
    if raw_targets is not None:
        task.check(raw_targets, kind.num_classes, raw.source)
    seed = config.training.seed if kind.split_seed == "auto" else kind.split_seed
    parts = kind.parts(raw, task.stratified, seed)
    is_new = encoding is None
    if encoding is None:
        preprocessing = kind.fit(parts.train)
        targets = task.fit(
            raw_targets,
            parts.train.rows,
            preprocessing.signature,
            kind.num_classes,
            raw.source,
        )
        encoding = Encoding(kind.kind, task.name, preprocessing, targets)
    train = encoding.examples(parts.train, learning=True)
    validation, test = map(encoding.examples, (parts.validation, parts.test))
    if len(test) < task.smallest_test_set:
        what = f"the test set of {raw.source} has {len(test)} example"
        what = f"{what}, {task.headline} needs {task.smallest_test_set}"
        raise DataError(what, "give more examples, or raise data.test_fraction")
    findings = kind.findings(raw, parts) if is_new else []
    return Dataset(
        raw.source,
        raw.sha256(),
        encoding,
        train,
        validation,
        test,
        tuple(findings),
        parts.how,
    )


def examples(raw: Raw, config: Config, encoding: Encoding) -> Examples:
    """Encode new data for a model: their test set if they have one, else all of them.

    Raises:
        DataError: If they do not fit the model.
    """
    config.data.check(raw)
    return encoding.examples(config.data.new(raw))

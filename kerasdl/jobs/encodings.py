"""Read the encoding of a run's examples from its directory."""

from typing import Any

from kerasdl import registry, tasks
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import ModelFileError
from kerasdl.rundir import RunDir


def read(run: RunDir, config: Config) -> Encoding:
    """Return the encoding of a run's examples.

    Args:
        run: The run.
        config: Its config.

    Raises:
        ModelFileError: If it is missing or damaged, or does not match the config.
    """
    values = run.read_preprocessing()
    try:
        encoding = from_json(values if "kind" in values else _translated(values))
        kind, task = encoding.kind, encoding.task
        if (kind, task) != (config.data.kind, config.data.task):
            raise ValueError(f"it is for {kind} and {task}, unlike config.toml")
    except (
        AttributeError, KeyError, TypeError, ValueError, OverflowError
    ) as fault:  # fmt: skip
        what = f"preprocessing.json of {run.path} is damaged: {fault!r}"
        raise ModelFileError(what, "train again into a new directory") from fault
    return encoding


def former_preprocessing(run: RunDir) -> dict[str, Any] | None:
    """Return the JSON values of the preprocessing of a run that resumes.

    None if they are missing or damaged: most kinds do not need them.
    """
    try:
        values = run.read_preprocessing()
        kind = registry.find("kinds", values["kind"])
        kind.preprocessing_from_json(values["preprocessing"])
    except (
        AttributeError, KeyError, TypeError, ValueError, OverflowError, ModelFileError
    ):  # fmt: skip
        return None
    return values["preprocessing"]


def from_json(values: dict[str, Any]) -> Encoding:
    """Return the encoding that `Encoding.to_json` described.

    Raises:
        AttributeError, KeyError, TypeError, ValueError, OverflowError: If it is damaged.
    """
    kind, task = registry.find("kinds", values["kind"]), tasks.find(values["task"])
    preprocessing = kind.preprocessing_from_json(values["preprocessing"])
    targets = task.targets_from_json(values["targets"])
    if targets.origin not in preprocessing.origins:
        raise ValueError(f"inputs are not for targets of origin {targets.origin!r}")
    return Encoding(values["kind"], task.name, preprocessing, targets)


def _translated(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the values of version 0.1, which had no kinds, to today's format."""
    values = dict(values)
    task, text = values.pop("task"), "vocabulary" in values
    if text:
        names, windows = values.pop("classes"), tasks.find(task).origin == "next"
        values |= {"windows": windows, "stride": values["max_length"]}
        targets = {"num_classes": len(names), "names": names}
        if windows:
            targets = {"vocabulary_size": len(values["vocabulary"]) + 1}
    else:
        count = values.pop("num_outputs")
        mean, scale = values.pop("target_mean"), values.pop("target_scale")
        targets = {
            "classification": {"num_classes": count, "names": []},
            "regression": {"mean": mean, "scale": scale},
            "reconstruction": {},
        }[task]
    kind = "text" if text else "arrays"
    return {"kind": kind, "preprocessing": values, "task": task, "targets": targets}

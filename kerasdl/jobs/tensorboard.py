"""Write the log of a run for TensorBoard."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from kerasdl.config import to_toml
from kerasdl.errors import ConfigError, StorageError
from kerasdl.jobs.compared_run import ComparedRun

VALIDATION = "val_"
PLAIN = (bool, float, int, str)
"""Types that the table of hyperparameters can show."""


def write_events(run: ComparedRun, folder: Path) -> int:
    """Write the metrics of each epoch, the events, the config and the scores.

    TensorBoard shows `loss` and `val_loss` in one chart, as `loss/train` and
    `loss/validation`. The step is that of the optimizer.

    Args:
        run: The run, which may still be going on.
        folder: A folder that does not exist yet, or is empty.

    Returns:
        The number of scalars written.

    Raises:
        ConfigError: If tensorboardX is not installed, or the folder is not empty.
        ModelFileError: If the log is damaged.
        StorageError: If the folder cannot be written.
    """
    try:
        from tensorboardX import SummaryWriter
        from tensorboardX.summary import hparams
    except ImportError as fault:
        hint = 'pip install "kerasdl[tensorboard]"'
        raise ConfigError("tensorboardX is not installed", hint) from fault
    begin = _begin(run)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"{folder} is not empty", "choose another --folder")
        with SummaryWriter(str(folder)) as writer:
            count = 0
            for step, moment, scalars in _scalars(run, begin):
                for tag, value in scalars.items():
                    writer.add_scalar(tag, value, step, moment)
                count += len(scalars)
            for number, (moment, text) in enumerate(_events(run)):
                writer.add_text("events", text, number, moment)
            config = to_toml(run.config).replace("\n", "\n    ")
            writer.add_text("config", f"    {config}", 0, begin)
            keys = {n: _plain(value) for n, value in run.keys.items()}
            scores = {f"test/{name}": value for name, value in run.test.items()}
            for summary in hparams(keys | {"backend": run.backend}, scores):
                writer.file_writer.add_summary(summary)
            for tag, value in scores.items():
                writer.add_scalar(tag, value, 0, begin)
    except OSError as fault:
        what = f"cannot write {folder}: {fault.strerror}"
        raise StorageError(
            what, "choose another --folder, or free some space"
        ) from fault
    return count + len(scores)


def _begin(run: ComparedRun) -> float:
    """Return when a run began, in seconds since 1970."""
    for event in run.directory.read_events():
        if moment := _seconds(event.get("time")):
            return moment
    return 0.0


def _scalars(
    run: ComparedRun, moment: float
) -> Iterator[tuple[int, float, dict[str, float]]]:
    """Yield the step, the time and the numbers of each epoch."""
    for number, line in enumerate(run.epochs):
        moment += line.get("seconds", 0.0)
        left_out = ("epoch", "step")
        values = {_tag(n, line): v for n, v in line.items() if n not in left_out}
        yield int(line.get("step", number)), moment, values


def _tag(name: str, line: dict[str, float]) -> str:
    if name.startswith(VALIDATION):
        return f"{name.removeprefix(VALIDATION)}/validation"
    return f"{name}/train" if VALIDATION + name in line else name


def _events(run: ComparedRun) -> Iterator[tuple[float, str]]:
    for event in run.directory.read_events():
        text = f"{event.get('kind')}: {event.get('message')}"
        yield _seconds(event.get("time")), text


def _seconds(moment: Any) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _plain(value: Any) -> bool | float | int | str:
    return value if isinstance(value, PLAIN) else str(value)

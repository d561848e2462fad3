"""Write the log of a run for TensorBoard."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from kerasdl.config import to_toml
from kerasdl.errors import ConfigError, ModelFileError, StorageError
from kerasdl.jobs.compared_run import ComparedRun

VALIDATION = "val_"
HPARAM_TYPES = (bool, float, int, str)
"""Types that the table of hyperparameters can show."""
MOST_STEPS = 2**63 - 1


def write_events(run: ComparedRun, folder: Path) -> int:
    """Write the metrics of each epoch, the events, the config and the scores.

    TensorBoard shows `loss` and `val_loss` in one chart, as `loss/train` and
    `loss/validation`. The step is that of the optimizer. Numbers that are not finite
    are left out. The folder is whole or not there.

    Args:
        run: The run, which may still be going on.
        folder: A folder that does not exist yet, or is empty.

    Returns:
        The number of scalars written.

    Raises:
        ConfigError: If tensorboardX is not installed, or the folder is taken, or within
            the run.
        ModelFileError: If the log is damaged.
        StorageError: If the folder cannot be written.
    """
    try:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.summary import hparams, scalar, text
    except ImportError as fault:
        hint = 'pip install "kerasdl[tensorboard]"'
        raise ConfigError("tensorboardX is not installed", hint) from fault
    if run.directory.path.resolve() in folder.resolve().parents:
        what = f"{folder} is within the run"
        raise ConfigError(what, "choose another --folder")
    begin, scalars = _begin(run), 0
    keys = {name: _plain(value) for name, value in run.keys.items()}
    scores = {_text(f"test/{name}"): value for name, value in run.test.items()}

    def write(temporary: Path) -> None:
        with closing(EventsWriter(str(temporary / "events"))) as writer:
            fill(writer)

    def fill(writer: EventsWriter) -> None:
        nonlocal scalars

        def add(summary: Any, step: int = 0, moment: float = begin) -> None:
            writer.write_event(Event(summary=summary, step=step, wall_time=moment))

        for step, moment, values in _scalars(run, begin):
            for tag, value in values.items():
                add(scalar(_text(tag), value), step, moment)
                scalars += 1
        for number, (moment, line) in enumerate(_events(run)):
            add(text("events", _text(line)), number, moment)
        config = to_toml(run.config).replace("\n", "\n    ")
        add(text("config", _text(f"    {config}")))
        for summary in hparams(keys | {"backend": run.backend}, scores):
            add(summary)
        for tag, value in scores.items():
            add(scalar(tag, value))
            scalars += 1

    _replaced(folder, write)
    return scalars


def _replaced(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a folder under another name, and rename it once it is whole."""
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already", "choose another --folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            write(temporary)
            temporary.chmod(0o755)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except OSError as fault:
        what = f"cannot write {folder}: {fault.strerror}"
        raise StorageError(
            what, "choose another --folder, or free some space"
        ) from fault


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
    names = {name for line in run.epochs for name in line}
    tags = {name: _tag(name, names) for name in names - {"epoch", "step"}}
    for number, line in enumerate(run.epochs):
        moment += line.get("seconds", 0.0)
        step = int(line.get("step", number))
        if not 0 <= step <= MOST_STEPS:
            what = f"a step in metrics.jsonl of {run.directory.path} is {step:.3g}"
            raise ModelFileError(what, "restore it from a copy")
        yield step, moment, {tags[name]: line[name] for name in line if name in tags}


def _tag(name: str, names: set[str]) -> str:
    if name.startswith(VALIDATION):
        return f"{name.removeprefix(VALIDATION)}/validation"
    return f"{name}/train" if VALIDATION + name in names else name


def _events(run: ComparedRun) -> Iterator[tuple[float, str]]:
    for event in run.directory.read_events():
        line = f"{event.get('kind')}: {event.get('message')}"
        yield _seconds(event.get("time")), line


def _seconds(moment: Any) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _plain(value: Any) -> bool | float | int | str:
    plain = value if isinstance(value, HPARAM_TYPES) else str(value)
    return _text(plain) if isinstance(plain, str) else plain


def _text(text: str) -> str:
    """Return a text without lone surrogates, which UTF-8 lacks."""
    return text.encode(errors="replace").decode()

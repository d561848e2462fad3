"""What a user's own data decide where the user does not: the preset and the task."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kerasdl import config as configs
from kerasdl.config import Setting
from kerasdl.errors import InvalidConfigError


class Completed(NamedTuple):
    """A choice of preset and settings.

    Args:
        preset: Name of the preset; None if the data decide none.
        settings: The settings, and those that the data decide.
        notes: What was decided, and why.
    """

    preset: str | None
    settings: list[Setting | str]
    notes: list[str]


def complete(
    preset: str | None, file: Path | None, settings: Sequence[Setting | str]
) -> Completed:
    """Complete what the user gave by what their data suggest.

    Imports no Keras.

    Args:
        preset: As for `config.load`.
        file: As for `config.load`.
        settings: As for `config.load`.

    Raises:
        DataError: If the data cannot be read.
    """
    chosen = Completed(preset, [*settings], [])
    try:
        data, has_task = configs.load_data(preset, file, settings)
        if preset is None and file is None:
            if not (data.file and data.PRESET):
                return chosen
            note = f"preset {data.PRESET}, the default for data of kind {data.kind!r}"
            chosen = Completed(data.PRESET, chosen.settings, [note])
            data, has_task = configs.load_data(*chosen[:1], file, settings)
    except InvalidConfigError:
        return chosen  # the whole config will be refused, with all its errors
    if not has_task and (inferred := data.infer_task()):
        task, reason = inferred
        chosen.settings.append(Setting("data.task", task, f"{data.name}"))
        chosen.notes.append(f"task {task}: {reason}")
    return chosen

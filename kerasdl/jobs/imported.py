"""Runs that were imported, and know no data."""

import shlex

from kerasdl.config import Config
from kerasdl.errors import ConfigError
from kerasdl.rundir import RunDir


def check_has_data(run: RunDir, config: Config, hint: str = "") -> None:
    """Raise `ConfigError` if a run was imported, and so has no data of its own.

    Args:
        run: The run.
        config: Its config.
        hint: What to do instead; by default, a training that begins with it.
    """
    if not config.data.name and (run.read_result() or {}).get("status") == "imported":
        path = shlex.quote(str(run.path))
        hint = hint or f"train on yours: kerasdl train --init-from {path} --data …"
        raise ConfigError(f"{run.path} was imported, and has no data of its own", hint)

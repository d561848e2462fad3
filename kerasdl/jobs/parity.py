"""Compare what several backends compute in the first steps of a run."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import storage
from kerasdl.config import Config, to_toml
from kerasdl.diagnostics.parity import PRECISIONS, STAGES, Recording, compare
from kerasdl.errors import ConfigError
from kerasdl.jobs import signals, worker
from kerasdl.jobs.environment import versions


def parity(
    config: Config, backends: Sequence[str], download: bool = False
) -> dict[str, Any]:
    """Compare backends with the first of them, each in a separate process.

    The processes run one after another, since each takes all memory of an accelerator.
    This process imports no Keras.

    Args:
        config: The config to train; the weights and batches come from its seed.
        backends: Two or more installed backends.
        download: As for `assemble.source`.

    Returns:
        The result of `kerasdl.diagnostics.parity.compare`, and the `versions`.

    Raises:
        ConfigError: If the precision is too low to compare.
        KerasDLError: If a backend fails, with its error.
    """
    if (policy := config.precision.policy) != "float32":
        what = f"precision.policy (={policy!r}) rounds more than parity tolerates"
        raise ConfigError(what, "--set precision.policy=float32")
    with signals.raising(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage.write_text(folder / "config.toml", to_toml(config))
        recordings = {
            backend: _record(backend, folder, download) for backend in backends
        }
    return compare(recordings) | {"versions": versions()}


def _record(backend: str, folder: Path, download: bool) -> dict[str, Recording]:
    """Record what a backend computes in a process, in each precision."""
    process = worker.start(folder, "record", backend, download=download)
    worker.finish(process, folder, backend)
    recordings: dict[str, Recording] = {
        precision: {stage: {} for stage in STAGES} for precision in PRECISIONS
    }
    with np.load(folder / f"{backend}.npz", allow_pickle=False) as archive:
        for key, array in archive.items():
            precision, stage, tensor = key.split("/", 2)
            recordings[precision][stage][tensor] = array
    return recordings

"""Test scores before and after the first advice of `kerasdl doctor`.

`KERAS_BACKEND=jax python -m tests.benchmarks.advice` in the root of the repository. Each
planted fault is trained and diagnosed. If a command is printed, the run is repeated with
five seeds, and so is the command; an interval of the mean difference is paired by seed.
"""

import json
import os
import shlex
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from scipy import stats

from kerasdl import registry
from kerasdl.backend import select

select()  # before Keras is imported

from kerasdl.errors import KerasDLError
from tests.jobs.helpers import verb
from tests.jobs.planted_faults import FAULTS, REGISTERED, Fault

SEEDS = range(5)


def scores(words: list[str], name: str, score: str) -> np.ndarray:
    """Return a score of the test split for each seed, NaN where a run has none."""
    found = []
    for seed in SEEDS:
        path = Path(f"{name}-{seed}")
        verb(*words, "--seed", str(seed), "--run-dir", str(path))
        result = json.loads((path / "result.json").read_text())
        value = result.get("test", {}).get(score)
        found.append(np.nan if value is None else value)
    return np.array(found)


def worst(score: str) -> float:
    """Return what a diverged run counts as."""
    return 0.0 if score == "accuracy" else -1.0


@click.command(help=__doc__)
@click.option("--minutes", default=0.5, show_default=True, help="For the experiments.")
@click.option("--fault", "names", multiple=True, help="Names of faults; default: all.")
def main(minutes: float, names: tuple[str, ...]) -> None:
    for kind, choices in REGISTERED.items():
        registry.REGISTRIES[kind].update(choices)
    for fault in FAULTS:
        if names and fault.name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            began = time.monotonic()
            click.echo(f"{fault.name}: {_tried(fault, minutes)}", nl=False)
            click.echo(f" ({time.monotonic() - began:.0f} s)")
            os.chdir("/")


def _tried(fault: Fault, minutes: float) -> str:
    try:
        run = fault.train()
    except KerasDLError as told:
        return f"cannot be trained: {told}"
    verb("doctor", str(run.path), "--minutes", str(minutes))
    found = json.loads((run.path / "doctor.json").read_text())
    if not found.get("command"):
        return f"no command; {found['verdict']}"
    score = found["score"]
    config = ["train", "--config", str(run.path / "config.toml")]
    before = scores(config, "before", score)
    after = scores(shlex.split(found["command"])[1:], "after", score)
    gain = np.nan_to_num(after, nan=worst(score)) - np.nan_to_num(
        before, nan=worst(score)
    )
    low, high = stats.t.interval(0.95, len(gain) - 1, gain.mean(), stats.sem(gain))
    told = "better" if low > 0 else "not better"
    return (
        f"{told}: {score} {np.nanmean(before):.3f} → {np.nanmean(after):.3f}, "
        f"{low:+.3f} to {high:+.3f}; {found['verdict'][:60]}"
    )


if __name__ == "__main__":
    main()

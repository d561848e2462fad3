"""Whether an exported network computes what its model does."""

import math
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import untrusted
from kerasdl.data.preprocessing import Scaling
from kerasdl.errors import CheckFailedError, KerasDLError, reason_of
from kerasdl.exports.graph import unscaled

BATCHES = (1, 2, 7)
"""Sizes of the batches that are compared, again and again."""
COMPARED = 60
"""Inputs that are compared."""
TOLERANCE = 1e-4
"""Of outputs, as a share of the greatest one, and of scores."""
POINT = 0.01
"""What compression may cost."""
SECONDS = 120
"""For the script to answer."""

Network = Callable[[np.ndarray], np.ndarray]
"""Takes a batch of values of the data, and returns outputs."""


def opened(folder: Path) -> Network:
    """Return the network in a folder, opened as its user will."""
    opening = runpy.run_path(str(folder / "network.py"))["network"]
    return opening(folder)


class Exported:
    """A network that is called as a model is, to be scored.

    Args:
        network: The network.
        scaling: How its inputs are scaled.
        model: The model that it was made of.
    """

    def __init__(self, network: Network, scaling: Scaling | None, model: keras.Model):
        self.network, self.scaling = network, scaling
        self.input_shape, self.output_shape = model.input_shape, model.output_shape

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of a batch."""
        return self.network(unscaled(x, self.scaling))

    def predict(self, x: np.ndarray, batch_size: int, verbose: int = 0) -> np.ndarray:
        """Return the outputs of all inputs."""
        starts = range(0, len(x), batch_size)
        parts = [self.predict_on_batch(x[n : n + batch_size]) for n in starts]
        return np.concatenate(parts)


def difference(
    exported: Exported, model: keras.Model, x: np.ndarray, exact: bool = True
) -> float:
    """Return the largest difference of outputs, as a share of the greatest output.

    Args:
        exported: The network.
        model: Its model.
        x: Inputs of the model, of shape `(examples, …)`.
        exact: Whether it may not be above `TOLERANCE`.

    Raises:
        CheckFailedError: If it is, or if outputs have another shape or are not finite.
    """
    largest = greatest = 0.0
    for batch in _batches(x):
        expected = model.predict_on_batch(batch).astype("float64")
        found = exported.predict_on_batch(batch)
        if found.shape != expected.shape:
            what = f"a batch of {len(batch)} gives outputs of {found.shape}"
            raise _differs(f"{what}, not of {expected.shape}")
        if not np.isfinite(found).all():
            raise _differs(f"a batch of {len(batch)} gives what is not finite")
        largest = max(largest, float(np.abs(found - expected).max()))
        greatest = max(greatest, float(np.abs(expected).max()))
    share = largest / greatest if greatest else largest
    if exact and share > TOLERANCE:
        raise _differs(f"outputs differ by {share:.2g} of the greatest one")
    return share


def _batches(x: np.ndarray) -> Iterator[np.ndarray]:
    start, turn = 0, 0
    while start < len(x):
        size = BATCHES[turn % len(BATCHES)]
        yield x[start : start + size]
        start, turn = start + size, turn + 1


def check_scores(
    found: dict[str, float],
    expected: dict[str, float],
    directions: dict[str, str],
    examples: int,
) -> None:
    """Raise `CheckFailedError` where scores differ by more than rounding.

    Args:
        found: The scores of the network.
        expected: Those of the model.
        directions: `"min"` or `"max"` for each: errors are in any unit, other scores are
            shares or at most 1.
        examples: How many were scored: one of them may be on the edge between two
            classes.
    """
    for name, score in expected.items():
        allowed = 10 * TOLERANCE * abs(score)
        if directions[name] == "max":
            allowed = max(TOLERANCE, 1.5 / examples)
        if not math.isclose(found.get(name, math.nan), score, abs_tol=allowed):
            raise _differs(f"{name} is {found.get(name)}, not {score:.6g}")


def check_headline(
    name: str, found: float | None, expected: float | None, direction: str
) -> None:
    """Raise `CheckFailedError` if a compressed network has lost more than a point.

    A point is 0.01 of a score that is at most 1, and 1 % of an error.

    Args:
        name: The score that counts.
        found: That of the network, if it is defined.
        expected: That of its model.
        direction: `"min"` or `"max"`, as the score is better.
    """
    if expected is None:
        return
    found = math.nan if found is None else found
    is_error = direction == "min"
    lost = found - expected if is_error else expected - found
    if not lost <= POINT * (abs(expected) if is_error else 1.0):
        raise _differs(f"{name} is {found:.6g}, not {expected:.6g}")


def answers(folder: Path, arguments: list[str]) -> list[dict[str, Any]]:
    """Return what the script in a folder prints for inputs.

    Raises:
        CheckFailedError: If it fails.
    """
    command = [sys.executable, "-X", "utf8", "run.py", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        raise _differs(f"its script takes more than {SECONDS} seconds") from fault
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise _differs(f"its script ends with {last}")
    lines = done.stdout.encode().splitlines()
    return [untrusted.parse_json(line, "an answer") for line in lines]


def check_answers(
    found: list[dict[str, Any]],
    expected: list[dict[str, Any]],
    sizes: dict[str, float],
) -> None:
    """Raise `CheckFailedError` unless a script gives the answers of the model.

    Args:
        found: What the script says of each input.
        expected: What the model says.
        sizes: What an output of 1 is in each column of numbers.
    """
    if len(found) != len(expected):
        raise _differs(f"its script gives {len(found)} answers, not {len(expected)}")
    for own, other in zip(found, expected, strict=True):
        for name, value in other.items():
            if not _is_close(own.get(name), value, sizes.get(name, 1.0)):
                raise _differs(f"its script says {name} {own.get(name)}, not {value}")


def _is_close(found: Any, expected: Any, size: float) -> bool:
    if isinstance(expected, float | list) and isinstance(found, type(expected)):
        return np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE * size)
    return found == expected


@contextmanager
def faults_of_the_runtime() -> Iterator[None]:
    """Turn what a runtime raises into `CheckFailedError`."""
    try:
        yield
    except KerasDLError:
        raise
    except Exception as fault:  # the runtimes raise what they like
        raise _differs(f"its runtime fails: {reason_of(fault)}") from fault


def _differs(what: str) -> CheckFailedError:
    hint = "nothing was written; try another --format, and report the model"
    return CheckFailedError(f"the exported network is another: {what}", hint)

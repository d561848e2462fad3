"""What a run keeps in `evaluation/`: figures for the report, predictions to compare."""

from collections.abc import Iterable, Mapping

import numpy as np

from kerasdl import storage, untrusted
from kerasdl.data.npz import read_npz
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.figures import Figure, from_json, to_json
from kerasdl.rundir import RunDir

MOST_BYTES = 1 << 26
"""Bytes of predictions; more are not kept."""
MOST_FIGURES = 200
"""Figures of a file that is read."""


def write_figures(run: RunDir, name: str, figures: Iterable[Figure]) -> None:
    """Write figures to `evaluation/<name>.json`.

    Raises:
        StorageError: If they cannot be written.
    """
    storage.make_directory(run.evaluation)
    values = {"format": 1, "figures": [to_json(figure) for figure in figures]}
    storage.write_text(run.evaluation / f"{name}.json", storage.to_json(values) + "\n")


def read_figures(run: RunDir, name: str) -> list[Figure]:
    """Return the figures of `write_figures`; none if they were never written.

    Raises:
        ModelFileError: If they are damaged.
        UnsafeError: As `untrusted.read_json`.
    """
    path = run.evaluation / f"{name}.json"
    if not path.is_file():
        return []
    try:
        figures = untrusted.read_json(path)["figures"]
        if not isinstance(figures, list) or len(figures) > MOST_FIGURES:
            raise ValueError(f"figures is no list of at most {MOST_FIGURES}")
        return [from_json(each) for each in figures]
    except UnsafeError:
        raise
    except (OSError, KeyError, TypeError, ValueError) as fault:
        what = f"cannot read {path}: {fault}"
        raise ModelFileError(what, "restore it from a copy") from fault


def write_predictions(run: RunDir, name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write what a model predicts to `evaluation/<name>.npz`, unless it is too much.

    Args:
        run: The run.
        name: Name of the split.
        arrays: `encoded` targets and `outputs`, both of shape `(examples, …)`.

    Raises:
        StorageError: If they cannot be written.
    """
    if sum(array.nbytes for array in arrays.values()) > MOST_BYTES:
        return
    storage.make_directory(run.evaluation)
    with storage.replacing(run.evaluation / f"{name}.npz") as temporary:
        np.savez_compressed(temporary, **dict(arrays))  # pyright: ignore[reportArgumentType]


def read_predictions(run: RunDir, name: str) -> dict[str, np.ndarray] | None:
    """Return the arrays of `write_predictions`; None if there are none.

    Raises:
        DataError: If the file is damaged.
        UnsafeError: If it claims more than it holds.
    """
    path = run.evaluation / f"{name}.npz"
    return read_npz(path, ("encoded", "outputs"))[0] if path.is_file() else None

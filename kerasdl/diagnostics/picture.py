"""A figure of matplotlib as a file; the same figure gives the same file."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kerasdl import storage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNDATED = {"png": {"Software": None}, "svg": {"Date": None}}
"""What leaves out the time and the version."""


def write_picture(figure: "Figure", path: Path, form: Literal["png", "svg"]) -> None:
    """Write a figure to a file.

    Raises:
        StorageError: If it cannot be written.
    """
    import matplotlib as mpl

    with (
        storage.replacing(path) as temporary,
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "kerasdl"}),
    ):
        figure.savefig(temporary, format=form, metadata=UNDATED[form])

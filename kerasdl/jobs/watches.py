"""The callbacks that watch a run for what goes wrong."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerasdl.callbacks import LayerDiagnostics, LossDiagnostics, ResourceDiagnostics
from kerasdl.finding import Finding
from kerasdl.jobs.first_batch import as_numpy

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session

BATCHES = 10_000
"""Batches between two measurements of the layers, whose cost is then small."""

Watch = LayerDiagnostics | LossDiagnostics | ResourceDiagnostics


def watches(session: "Session", report: Callable[[Finding], Any]) -> list[Watch]:
    """Return callbacks that watch losses, resources and layers of a run.

    Args:
        session: The run.
        report: Receives each finding.
    """
    made: list[Watch] = [LossDiagnostics(report), ResourceDiagnostics(report)]
    batches, every = session.batches, session.config.diagnostics.every_epochs
    if every == "auto":
        every = math.ceil(BATCHES / len(batches))
    if every:
        probe = lambda: as_numpy(batches.epoch(0)[0])
        made.append(LayerDiagnostics(probe, every, report))
    return made

"""Findings of which each kind is told once."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from kerasdl.finding import Finding


class Once:
    """Report findings, of each kind the first.

    Args:
        report: Receives each finding. Without it, warnings and errors become Python
            warnings.

    Attributes:
        told: The kinds that were told.
    """

    def __init__(self, report: Callable[[Finding], Any] | None):
        self.report = report or _warn
        self.told: list[str] = []

    def tell(self, findings: Iterable[Finding], most: int = 1) -> None:
        """Report findings, at most so many of a kind in all calls."""
        for finding in findings:
            if self.told.count(finding.kind) < most:
                self.told.append(finding.kind)
                self.report(finding)


def _warn(finding: Finding) -> None:
    if finding.severity != "info":
        warnings.warn(str(finding), stacklevel=4)

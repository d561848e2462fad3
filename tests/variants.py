"""Parameters that a plain run leaves out."""

from typing import Any

import pytest

VARIANT = pytest.mark.slow, pytest.mark.variant
"""Marks of a parameter that is more of the same."""


def variants(*values: Any) -> list:
    """Return parameters that are more of the same, for `-m slow`."""
    return [pytest.param(value, marks=VARIANT) for value in values]


def quickest(*values: Any) -> list:
    """Return parameters that the quickest backend runs, and the others `-m slow`."""
    return [pytest.param(value, marks=pytest.mark.variant) for value in values]

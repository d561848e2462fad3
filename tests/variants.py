"""Parameters that a plain run leaves out."""

from typing import Any

import pytest

VARIANT = pytest.mark.slow, pytest.mark.variant
"""Marks of a parameter that is more of the same."""


def variants(*values: Any) -> list:
    """Return parameters that are more of the same, for `-m slow`."""
    return [_param(value, VARIANT) for value in values]


def quickest(*values: Any) -> list:
    """Return parameters that the quickest backend runs, and the others `-m slow`."""
    return [_param(value, pytest.mark.variant) for value in values]


def _param(value: Any, marks: Any) -> Any:
    """Return a parameter; a tuple holds several values."""
    values = value if isinstance(value, tuple) else (value,)
    return pytest.param(*values, marks=marks)

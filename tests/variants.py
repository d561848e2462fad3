"""Parameters that a plain run leaves out."""

from typing import Any

import pytest


def variants(*values: Any) -> list:
    """Return parameters that are more of the same, for `-m slow`."""
    marks = pytest.mark.slow, pytest.mark.variant
    return [pytest.param(value, marks=marks) for value in values]

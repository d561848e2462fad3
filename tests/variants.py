"""Parameters that only the quickest backend is given in a plain run."""

from typing import Any

import pytest


def variants(*values: Any) -> list:
    """Return parameters that are more of the same, marked so."""
    return [pytest.param(value, marks=pytest.mark.variant) for value in values]

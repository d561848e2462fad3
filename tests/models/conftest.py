"""What tests of families share."""

from importlib import import_module

import pytest


@pytest.fixture
def narrow_resnets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on the number of filters, and there are 11 million weights."""
    monkeypatch.setattr(
        import_module("kerasdl.models.families.resnet"), "WIDTHS", (4, 6, 8, 10)
    )

"""What a checkpoint keeps of callbacks is believed only if they could have had it."""

from typing import Any

import numpy as np
import pytest

from kerasdl.callbacks.callback_state_rules import check_state
from kerasdl.errors import ModelFileError

pytestmark = pytest.mark.any_backend
WEIGHTS = [np.zeros((2, 3)), np.zeros(3)]
ARRAYS = {f"callbacks/0/best_weights/{n}": w for n, w in enumerate(WEIGHTS)}
WHOLE: dict[str, Any] = {
    "wait": {"value": 1},
    "best": {"value": 0.5},
    "best_epoch": {"value": 3},
    "best_weights": {"arrays": 2},
}


def test_what_is_whole_passes():
    check_state("EarlyStopping", WHOLE, "callbacks/0", ARRAYS, WEIGHTS)
    own = {"anything": {"value": [1, "a"]}}
    check_state("", own, "callbacks/0", ARRAYS, WEIGHTS)


@pytest.mark.parametrize(
    ("kind", "kept", "name"),
    [
        ("EarlyStopping", WHOLE | {"wait": {"value": "x"}}, "wait"),
        ("EarlyStopping", WHOLE | {"wait": {"arrays": 0}}, "wait"),
        ("EarlyStopping", WHOLE | {"monitor_op": {"value": 5}}, "monitor_op"),
        ("EarlyStopping", WHOLE | {"best_weights": {"arrays": 2**53}}, "best_weights"),
        ("EarlyStopping", WHOLE | {"best_weights": {"arrays": 1}}, "best_weights"),
        ("MetricsLog", {}, "lines"),
        ("MetricsLog", {"lines": {"value": [{"loss": 1.0}]}}, "lines"),
        ("LossDiagnostics", {"losses": {"value": ["x"]}}, "val_losses"),
        (
            "ResourceDiagnostics",
            {"lines": {"value": [1]}, "told": {"value": []}},
            "lines",
        ),
        ("LayerDiagnostics", {"lines": {"value": []}, "told": {"value": [1]}}, "told"),
        ("NaNGuard", {"before": {"value": [1]}}, "before"),
        ("ReduceLROnPlateau", {"best": {"value": 1.0}}, "bad_epochs"),
        ("", {"own": {"arrays": 2**53}}, "own"),
    ],
)
def test_what_could_not_be_is_named(kind: str, kept: dict, name: str):
    with pytest.raises(ModelFileError, match=f"no valid '{name}'"):
        check_state(kind, kept, "callbacks/0", ARRAYS, WEIGHTS)

"""What the first steps of a run show, and its trained layers."""

import pytest

from kerasdl.jobs.examine import examined
from tests.jobs.helpers import trained

SMALL = ("model.hidden_units=[16]", "model.norm=none", "training.epochs=1")


def kinds(*settings: str) -> set[str]:
    run, _ = trained("mlp", *SMALL, *settings)
    return {each.kind for each in examined(run) if each.severity != "info"}


@pytest.mark.any_backend
@pytest.mark.parametrize(("rate", "is_told"), [(1.0, True), (1e-3, False)])
def test_a_rate_above_what_the_curvature_allows(rate: float, is_told: bool):
    settings = ("optimizer.name=sgd", f"optimizer.learning_rate={rate}")
    assert ("sharpness" in kinds(*settings)) is is_told


@pytest.mark.any_backend
def test_units_that_died_in_training():
    died = ("optimizer.learning_rate=1.0", "training.epochs=8")
    assert "trained-dead-units" in kinds(*died)
    assert "trained-dead-units" not in kinds()

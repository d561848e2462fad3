"""What the first steps of a run show, and its trained layers."""

from pathlib import Path

import pytest

from kerasdl.errors import DataError
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


@pytest.mark.any_backend
def test_data_that_changed_since():
    rows = [f"{number},{number % 7},{number % 3 + 1.5}" for number in range(60)]
    file = Path("flats.csv")
    file.write_text("\n".join(["rooms,floor,rent", *rows]))
    run, _ = trained(
        "mlp-regression",
        *SMALL[::2],
        "data.name=flats.csv",
        "data.target=rent",
        "data.task=regression",
    )
    file.write_text("\n".join(["rooms,floor,rent", *rows[:-1]]))
    with pytest.raises(DataError, match="the data differ from those that"):
        [*examined(run)]

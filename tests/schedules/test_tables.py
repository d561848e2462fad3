"""Lengths of a schedule in three units, and what becomes of those that do not fit."""

from typing import Any

import keras
import numpy as np
import pytest

from kerasdl import registry
from kerasdl.schedules.schedule_table import ScheduleTable, Steps

pytestmark = pytest.mark.any_backend
RUN = Steps(200, 20.0)
SHARES = {
    "warmup-linear": "warmup_fraction",
    "cosine": "warmup_fraction",
    "inverse-square-root": "warmup_fraction",
    "one-cycle": "pct_start",
    "step-decay": "every_fraction",
}


def table(name: str, **keys: Any) -> ScheduleTable:
    return registry.find("schedules", name)(**keys)


def rates(chosen: ScheduleTable, run: Steps = RUN) -> np.ndarray:
    drawn: Any = chosen.build(0.1, run)
    return keras.ops.convert_to_numpy(drawn(np.arange(run.total)))


def length(name: str, unit: str, value: float) -> dict[str, Any]:
    word = SHARES[name].partition("_")[0].replace("pct", "warmup")
    return {f"{word}_{unit}": value}


@pytest.mark.parametrize("name", SHARES)
def test_a_length_in_three_units_is_one_curve(name: str):
    share = table(name, **{SHARES[name]: 0.25})
    for unit, value in (("steps", 50), ("epochs", 2.5)):
        other = table(name, **length(name, unit, value))
        assert np.array_equal(rates(share), rates(other))
        if name == "one-cycle":
            momenta = [each.momentum(RUN)(np.arange(200)) for each in (share, other)]
            assert np.array_equal(*map(keras.ops.convert_to_numpy, momenta))
    elsewhere = table(name, **length(name, "steps", 51))
    assert not np.array_equal(rates(share), rates(elsewhere))


@pytest.mark.parametrize("name", SHARES)
def test_steps_stay_as_many_in_a_longer_run(name: str):
    """A share does not: it grows with the run."""
    chosen = table(name, **length(name, "steps", 50))
    same = table(name, **length(name, "epochs", 2.5))
    share = table(name, **{SHARES[name]: 50 / 600})
    longer = Steps(600, 20.0)
    assert np.array_equal(rates(chosen, longer), rates(share, longer))
    assert np.array_equal(rates(chosen, longer), rates(same, longer))


@pytest.mark.parametrize("name", ["warmup-linear", "cosine"])
def test_no_warmup(name: str):
    chosen = table(name, **length(name, "steps", 0))
    assert rates(chosen)[0] == np.float32(0.1)


@pytest.mark.parametrize("unit", ["steps", "epochs"])
@pytest.mark.parametrize("name", SHARES)
def test_a_length_beyond_the_run(name: str, unit: str):
    """The peak is reached still; what is cut after so long is not cut."""
    chosen = table(name, **length(name, unit, 500))
    peak = {"one-cycle": 198, "step-decay": 0}.get(name, 199)
    assert np.argmax(rates(chosen)) == peak
    assert rates(chosen).max() == np.float32(0.1)
    finding = chosen.caution(RUN)
    assert finding is not None
    assert f"_{unit} (=500) is not less than the 200 steps" in str(finding)
    assert finding.where.endswith(f"_{unit}")
    assert (finding.value, finding.rule) == (500, "< 200 steps")


@pytest.mark.parametrize("name", SHARES)
def test_a_length_within_the_run_is_not_spoken_of(name: str):
    assert table(name).caution(RUN) is None
    assert table(name, **length(name, "steps", 199)).caution(RUN) is None
    assert table(name, **length(name, "steps", 200)).caution(RUN) is not None
    assert table(name, **{SHARES[name]: 0.999}).caution(RUN) is None


@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("unit", ["steps", "epochs"])
@pytest.mark.parametrize("name", SHARES)
def test_runs_of_hardly_a_step(name: str, unit: str, total: int):
    chosen = table(name, **length(name, unit, 1))
    assert np.isfinite(rates(chosen, Steps(total, 1.0))).all()


@pytest.mark.parametrize("unit", ["steps", "epochs"])
@pytest.mark.parametrize("name", SHARES)
def test_ten_steps_meet_all_phases(name: str, unit: str):
    """Of a table whose lengths are those of a long run."""
    short = table(name, **length(name, unit, 400)).shortened()
    drawn = rates(short, Steps(10, 5.0))
    assert 0 < np.argmax(drawn) < 9 or name == "step-decay"
    assert drawn[-1] < drawn.max()


def test_the_cycles_of_cosine_log():
    twice = rates(table("cosine-log", cycles=2))
    assert twice[0] == 0.0
    turns = np.flatnonzero(np.diff(np.sign(np.diff(twice)))) + 1
    assert [*turns] == [28, 67, 122]  # of 1 + 3t = √2, 2 and √8
    assert np.array_equal(
        rates(table("cosine-log")), rates(table("cosine-log", cycles=4))
    )


def test_a_plateau_has_a_rule():
    assert table("plateau", factor=0.3).plateau() == (0.3, 5, 1e-4)
    assert table("plateau").shortened().plateau() == (0.5, 0, 0.5)
    assert table("plateau").build(0.1, RUN) == 0.1
    assert table("cosine").plateau() is None

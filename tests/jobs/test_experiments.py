"""Experiments that last longer than planned are shortened, then left out."""

from typing import Any

import pytest

from kerasdl.jobs import experiments
from kerasdl.jobs.experiments import _scores
from tests.jobs.helpers import SELECTION
from tests.jobs.test_experiment_plan import RATE, plan

pytestmark = pytest.mark.any_backend


class Clock:
    """Time passes while a run is trained, by its size."""

    def __init__(self, factor: float):
        self.now, self.factor, self.runs = 0.0, factor, []

    def monotonic(self) -> float:
        return self.now

    def train(self, made: Any, name: str, *_: Any) -> dict[str, float]:
        whole = 0.5 * made.epochs * (made.examples or made.total) / made.total
        self.now += self.factor * whole
        self.runs.append((name, made.epochs, made.examples))
        return {made.score: 0.5}


def tried(monkeypatch: pytest.MonkeyPatch, factor: float) -> tuple[Clock, list[str]]:
    """Return what is run in a minute, of which a run should take ten seconds."""
    clock, told, cause = Clock(factor), [], [RATE]
    made = plan(60, 0.5, RATE)
    monkeypatch.setattr(experiments, "time", clock)
    monkeypatch.setattr(experiments, "_trained", clock.train)
    scores, reasons = _scores(made, cause, SELECTION, 60, told.append)
    assert not reasons
    assert {*scores} == {experiments.UNCHANGED, RATE.cause}
    return clock, told


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.1])
def test_runs_as_long_as_planned_are_all_alike(
    monkeypatch: pytest.MonkeyPatch, factor: float
):
    clock, told = tried(monkeypatch, factor)
    assert [run[1:] for run in clock.runs] == [(20, None)] * 6
    assert not any("longer" in line for line in told)


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_later_seeds_have_shorter_runs(monkeypatch: pytest.MonkeyPatch, factor: float):
    clock, told = tried(monkeypatch, factor)
    assert len(clock.runs) == 6
    assert clock.runs[0][1] > clock.runs[-1][1]
    assert all(
        a[1:] == b[1:] for a, b in zip(clock.runs[::2], clock.runs[1::2], strict=True)
    )
    assert 48 <= clock.now <= 72
    assert any("runs take longer than planned; now" in line for line in told)


def test_what_would_be_too_short_is_left_out(monkeypatch: pytest.MonkeyPatch):
    clock, told = tried(monkeypatch, 3.2)
    assert len(clock.runs) == 2
    assert told[-1] == "the time is over"

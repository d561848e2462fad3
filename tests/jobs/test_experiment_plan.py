"""Experiments fit into the time that they have."""

from pathlib import Path

import pytest

from kerasdl.diagnostics.causes import Hypothesis
from kerasdl.jobs.experiment_plan import Plan, planned
from kerasdl.rundir import RunDir
from tests.jobs.helpers import config

RATE = Hypothesis("rate", "", 0.5, "", {"optimizer.learning_rate": 0.1})
LONGER = Hypothesis("longer", "", 0.5, "", {"training.epochs": 80})


def plan(
    seconds: float,
    epoch: float,
    *hypotheses: Hypothesis,
    ran: int = 20,
    held_out: int = 0,
) -> Plan:
    """Return the plan for a run of 20 epochs, each of which took so long."""
    run = RunDir(Path("run"))
    run.path.mkdir()
    run.write_config(config("mlp", "training.epochs=20"))
    examples = {"train": 10_000, "validation": held_out}
    scores = {"validation": {"accuracy": 0.5}, "examples": examples}
    run.write_result({"seconds": ran * epoch, **scores})
    for number in range(ran):
        run.log_epoch({"epoch": number, "seconds": epoch})
    return planned(run, hypotheses, seconds)


pytestmark = pytest.mark.any_backend


def test_a_short_run_is_repeated_as_it_was_with_more_seeds():
    made = plan(600, 0.5, RATE)
    assert (made.epochs, made.examples, made.seeds) == (20, None, 5)
    assert made.seconds == pytest.approx(100)


def test_less_time_has_fewer_seeds():
    made = plan(60, 0.5, RATE)
    assert (made.epochs, made.examples, made.seeds) == (20, None, 3)
    assert made.seconds == pytest.approx(60)


def test_then_epochs_are_fewer():
    made = plan(30, 0.5, RATE)
    assert (made.epochs, made.examples, made.seeds) == (10, None, 3)
    assert made.seconds == pytest.approx(30)


def test_then_examples_are_fewer():
    made = plan(600, 180, RATE)
    assert (made.epochs, made.examples) == (4, 10_000 * 600 // (6 * 4 * 180))
    assert made.seconds == pytest.approx(600, rel=0.01)


def test_a_run_that_ended_early_says_how_long_an_epoch_takes():
    assert plan(600, 180, RATE, ran=2).examples == 10_000 * 600 // (6 * 4 * 180)


def test_a_plan_is_shortened_by_epochs_then_by_examples():
    made = plan(60, 0.5, RATE)
    half, tenth = made.within(5), made.within(1)
    assert (half.epochs, half.examples) == (10, None)
    assert (tenth.epochs, tenth.examples) == (4, 5_000)
    assert (tenth.within(0.5).epochs, tenth.within(0.5).examples) == (4, 2_500)


def test_validation_takes_as_long_of_fewer_examples():
    made = plan(600, 180, RATE, held_out=3_000)  # a tenth of training takes 11 % of it
    left = 600 / (6 * 4 * 180) - 1 / 11
    assert made.examples == int(10_000 * left * 11 / 10)
    assert made.seconds == pytest.approx(600, rel=0.01)
    hardly = made.within(made.run_seconds / 2)
    assert hardly.examples == 100
    assert hardly.run_seconds > made.run_seconds / 2


def test_a_change_of_the_epochs_keeps_its_factor():
    made = plan(60, 0.5, LONGER)
    assert made.seconds == pytest.approx(60, rel=0.3)
    assert made.keys(LONGER.change)["training.epochs"] == 4 * made.epochs

"""How long the runs of an experiment are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from kerasdl import tasks
from kerasdl.diagnostics.causes import Hypothesis
from kerasdl.jobs.dataset import split_seed
from kerasdl.rundir import RunDir, number, numbers

SEEDS, MORE_SEEDS = 3, 5
"""Seeds of each change; more if they take less than half of the time."""
FEWEST_EPOCHS = 4
"""If time is short, runs have fewer epochs down to these, and then fewer examples."""
FEWEST_EXAMPLES = 100
EPOCHS, EXAMPLES = "training.epochs", "training.examples"


@dataclass(frozen=True)
class Plan:
    """How the runs are made.

    Args:
        path: The config of the run to explain.
        stem: Begins the names of the runs.
        task: Name of the task.
        score: Name of the score that is compared.
        baseline: Scores of the simplest baseline.
        seed: The first seed.
        split_seed: The seed of the split, of all runs.
        given_epochs: Epochs of the run to explain.
        epochs: Epochs of each run without a change.
        examples: Training examples of each run; None takes all.
        total: Training examples of the run to explain; 0 if unknown.
        validation: Examples of the validation split; 0 if unknown.
        seeds: How many seeds each change is tried with.
        start: Seconds of a run before and after its epochs.
        epoch: Seconds of an epoch of all training examples.
        runs: Runs of a seed, where one of more epochs counts as several.
        reason: Why there are none; empty if there are.
    """

    path: Path
    stem: str
    task: str
    score: str
    baseline: Mapping[str, float]
    seed: int
    split_seed: int
    given_epochs: int
    epochs: int
    examples: int | None
    total: int
    validation: int
    seeds: int
    start: float
    epoch: float
    runs: float
    reason: str = ""

    @property
    def seconds(self) -> float:
        """About how long all runs take together."""
        return self.seeds * self.runs * self.run_seconds

    @property
    def run_seconds(self) -> float:
        """About how long a run takes."""
        return self.start + self.epochs * self.epoch * self._share_of_epoch

    @property
    def _share_of_epoch(self) -> float:
        """What an epoch takes of one of all training examples."""
        part = self.examples / self.total if self.examples and self.total else 1.0
        return self._validating + (1 - self._validating) * part

    @property
    def _validating(self) -> float:
        """The share of an epoch that goes to the validation split.

        An example takes about a third of the time if there is nothing to learn from it.
        """
        return self.validation / max(self.validation + 3 * self.total, 1)

    @property
    def said(self) -> str:
        """The plan in words."""
        minutes = max(self.seconds / 60, 0.1)
        return f"{self.seeds} seeds, {self.size} each: about {minutes:.1f} minutes"

    @property
    def size(self) -> str:
        """How long each run is, in words."""
        of = "all" if self.examples is None else f"{self.examples:,}"
        return f"{self.epochs} epochs of {of} training examples"

    def within(self, seconds: float) -> "Plan":
        """Return a plan whose runs take so long at most, or as little as they can.

        They have fewer epochs, then fewer examples.
        """
        left = max(seconds - self.start, seconds / 4)
        most = int(left / (self.epoch * self._share_of_epoch))
        epochs = max(min(FEWEST_EPOCHS, self.epochs), min(self.epochs, most))
        share, examples = left / (epochs * self.epoch), self.examples
        if share < self._share_of_epoch and self.total:
            part = (share - self._validating) / (1 - self._validating)
            fewer = max(FEWEST_EXAMPLES, int(self.total * part))
            examples = min(examples or self.total, fewer)
        return replace(self, epochs=epochs, examples=examples)

    def sign(self, score: str) -> int:
        """Return 1 if a higher score is better, else -1."""
        return 1 if tasks.find(self.task).direction(score) == "max" else -1

    def keys(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keys of a run with a change, but for its seed."""
        asked = change.get(EPOCHS, self.given_epochs)
        epochs = max(1, round(self.epochs * asked / self.given_epochs))
        keys = {**change, EPOCHS: epochs, "data.split_seed": self.split_seed}
        return keys if self.examples is None else {EXAMPLES: self.examples} | keys


def planned(run: RunDir, hypotheses: Sequence[Hypothesis], seconds: float) -> Plan:
    """Return how the runs are made so that they take a given time at most.

    Args:
        run: The run to explain.
        hypotheses: What is tested.
        seconds: How long all runs may take together.

    Raises:
        ConfigError: If the config of the run cannot be read.
        ModelFileError: If a file of the run is damaged.
    """
    config, result = run.read_config(), run.read_result() or {}
    task, training = tasks.find(config.data.task), config.training
    told = result.get("examples")
    total = number(told.get("train")) if isinstance(told, dict) else None
    held_out = number(told.get("validation")) if isinstance(told, dict) else None
    reason, validation, best = "", result.get("validation"), result.get("best")
    score = task.headline
    if best and not (isinstance(validation, dict) and score in validation):
        score = "loss"  # as of language models
        if not (isinstance(best, dict) and "val_loss" in best):
            reason = "there is no validation split"
    plan = Plan(
        run.path / "config.toml",
        f"{run.name}-doctor",
        config.data.task,
        score,
        _of_baseline(result, score),
        training.seed,
        split_seed(config),
        training.epochs,
        training.epochs,
        None,
        int(total or 0),
        int(held_out or 0),
        SEEDS,
        *_lasted(run, result),
        1.0,
        reason,
    )
    plan = replace(plan, runs=1 + sum(_times(each, plan) for each in hypotheses))
    of_more = replace(plan, seeds=MORE_SEEDS)
    if of_more.seconds <= seconds / 2:
        return of_more
    return plan.within(seconds / (plan.seeds * plan.runs))


def _lasted(run: RunDir, result: Mapping[str, Any]) -> tuple[float, float]:
    """Return the seconds of a run before and after its epochs, and those of an epoch."""
    lines = [numbers(line).get("seconds", 0.0) for line in run.read_epochs()]
    whole = max(numbers(result).get("seconds", 1.0), 0.1)
    if not lines:
        return whole, whole
    # A run that was resumed has only the seconds of its last part in the result.
    return max(whole - sum(lines), 0.0), max(median(lines), 1e-3)


def _times(hypothesis: Hypothesis, plan: Plan) -> float:
    """Return how many times as many epochs a change asks for."""
    return hypothesis.change.get(EPOCHS, plan.given_epochs) / plan.given_epochs


def _of_baseline(result: Mapping[str, Any], score: str) -> dict[str, float]:
    """Return the scores of the simplest baseline that has one."""
    told = result.get("baseline")
    for each in told.values() if isinstance(told, dict) else ():
        if isinstance(each, dict) and score in (known := numbers(each)):
            return known
    return {}

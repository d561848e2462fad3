"""How long the runs of an experiment are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
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
        worst: The scores of a run that diverged.
        seed: The first seed.
        split_seed: The seed of the split, of all runs.
        given_epochs: Epochs of the run to explain.
        epochs: Epochs of each run without a change.
        examples: Training examples of each run; None takes all.
        seeds: How many seeds each change is tried with.
        seconds: About how long they take together.
        reason: Why there are none; empty if there are.
    """

    path: Path
    stem: str
    task: str
    score: str
    worst: Mapping[str, float]
    seed: int
    split_seed: int
    given_epochs: int
    epochs: int
    examples: int | None
    seeds: int
    seconds: float
    reason: str = ""

    @property
    def said(self) -> str:
        """The plan in words."""
        of = "all" if self.examples is None else f"{self.examples:,}"
        return (
            f"{self.seeds} seeds, {self.epochs} epochs of {of} training examples each: about "
            f"{max(self.seconds / 60, 0.1):.1f} minutes"
        )

    def score_of(self, hypothesis: Hypothesis) -> str:
        """Return the score that shows a hypothesis, if the validation split has it."""
        return hypothesis.score if hypothesis.score in self.worst else self.score

    def sign(self, score: str) -> int:
        """Return 1 if a higher score is better, else -1."""
        return 1 if tasks.find(self.task).direction(score) == "max" else -1

    def keys(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keys of a run with a change, but for its seed."""
        asked = change.get(EPOCHS, self.given_epochs)
        epochs = max(1, round(self.epochs * asked / self.given_epochs))
        keys = {**change, EPOCHS: epochs, "data.split_seed": self.split_seed}
        return keys if self.examples is None else {EXAMPLES: self.examples} | keys

    def left_out(
        self, took: float, hypotheses: Sequence[Hypothesis], seconds: float
    ) -> Sequence[Hypothesis]:
        """Return the hypotheses that time does not allow, never the first one.

        Args:
            took: How long a run without a change took.
            hypotheses: All, the most likely first.
            seconds: How long all runs may take together.
        """
        for kept in range(len(hypotheses), 1, -1):
            runs = 1 + sum(_times(each, self) for each in hypotheses[:kept])
            if took * self.seeds * runs <= seconds:
                return hypotheses[kept:]
        return hypotheses[1:]


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
    lasted = max(numbers(result).get("seconds", 1.0), 0.1)
    told = result.get("examples")
    total = number(told.get("train")) if isinstance(told, dict) else None
    reason, validation = "", result.get("validation")
    has_score = isinstance(validation, dict) and task.headline in validation
    if not has_score and result.get("best"):
        reason = f"the validation split has no {task.headline.replace('_', ' ')}"
    plan = Plan(
        run.path / "config.toml",
        f"{run.name}-doctor",
        config.data.task,
        task.headline,
        _worst(result, task.headline),
        training.seed,
        split_seed(config),
        training.epochs,
        training.epochs,
        None,
        SEEDS,
        0.0,
        reason,
    )
    once = lasted * (1 + sum(_times(each, plan) for each in hypotheses))
    seeds = MORE_SEEDS if MORE_SEEDS * once <= seconds / 2 else SEEDS
    share = min(1.0, seconds / (once * seeds))
    least = min(FEWEST_EPOCHS, training.epochs)
    epochs = max(least, int(training.epochs * share))
    left = share * training.epochs / epochs
    examples = None
    if left < 1 and total:
        examples = max(FEWEST_EXAMPLES, int(total * left))
    took = once * seeds * epochs / training.epochs * min(left, 1.0)
    return replace(plan, epochs=epochs, examples=examples, seeds=seeds, seconds=took)


def _times(hypothesis: Hypothesis, plan: Plan) -> float:
    """Return how many times as many epochs a change asks for."""
    return hypothesis.change.get(EPOCHS, plan.given_epochs) / plan.given_epochs


def _worst(result: Mapping[str, Any], score: str) -> dict[str, float]:
    """Return each score of the validation split, as the simplest baseline has it, or 0."""
    told, scores = result.get("baseline"), result.get("validation")
    known = dict.fromkeys(scores if isinstance(scores, dict) else [], 0.0) | {
        score: 0.0
    }
    for each in told.values() if isinstance(told, dict) else ():
        if isinstance(each, dict) and score in numbers(each):
            return known | numbers(each)
    return known

"""Short controlled runs that test what may explain another run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasdl import backend, tasks
from kerasdl import config as configs
from kerasdl.config import Config, Setting
from kerasdl.diagnostics.causes import Hypothesis
from kerasdl.diagnostics.seed_effect import Effect, effects
from kerasdl.errors import DataError, DivergedError, InterruptedRunError
from kerasdl.jobs.dataset import split_seed
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir, numbers

SEEDS = 3
FEWEST_EPOCHS = 2


@dataclass(frozen=True)
class Experiment:
    """Runs with one change, beside runs without it.

    Args:
        cause: What it tests.
        change: The keys that were changed.
        control: The score of each seed without the change, on the validation split.
        changed: The score of each seed with it.
        outcome: `"confirmed"` if the change helps by more than the seeds differ,
            `"rejected"` if it does not, `"not tested"` if time or data did not allow it.
        effect: By how much it is better; None if it was not tested.
        reason: Why it was not tested.
    """

    cause: str
    change: Mapping[str, Any]
    control: Sequence[float]
    changed: Sequence[float]
    outcome: str
    effect: Effect | None = None
    reason: str = ""

    def said(self, score: str) -> str:
        """Return what it found, in words."""
        if self.effect is None:
            return self.reason
        keys = ", ".join(f"{key}={value}" for key, value in self.change.items())
        before, after = (sum(each) / len(each) for each in (self.control, self.changed))
        low, high = self.effect.low, self.effect.high
        return (
            f"with {keys}, validation {score.replace('_', ' ')} goes from {before:.3g} "
            f"to {after:.3g}: better by {low:.3g} to {high:.3g}, mean of "
            f"{len(self.changed)} seeds"
        )


def experiments(
    run: RunDir,
    hypotheses: Sequence[Hypothesis],
    selection: backend.Selection,
    seconds: float,
    tell: Callable[[str], None],
) -> list[Experiment]:
    """Train with and without the change of each hypothesis, from the same seeds.

    Each run has a run directory of its own. If time is short, all have fewer epochs.

    Args:
        run: The run to explain.
        hypotheses: What to test; each has a change.
        selection: The backend, already selected.
        seconds: How long all runs may take together.
        tell: Receives lines about the progress.

    Raises:
        ConfigError: If the config of the run cannot be read.
        ModelFileError: If a file of the run is damaged.
    """
    began = time.monotonic()
    plan = _plan(run, hypotheses, seconds, tell)
    if plan.reason:
        return [_untested(each, plan.reason) for each in hypotheses]
    scores: dict[str, list[float]] = {"": [], **{each.cause: [] for each in hypotheses}}
    changes = {each.cause: each.change for each in hypotheses}
    longest = 0.0
    try:
        for seed in range(plan.seed, plan.seed + SEEDS):
            start = time.monotonic()
            if len(scores[""]) > 1 and start - began + longest > seconds:
                break
            for cause, reached in scores.items():
                change = changes.get(cause, {})
                score = _trained(plan, cause, change, seed, selection)
                reached.append(score)
                name = cause or "unchanged"
                tell(f"seed {seed}, {name}: {plan.score.replace('_', ' ')} {score:.4g}")
            longest = max(longest, time.monotonic() - start)
    except InterruptedRunError as stopped:
        tell(f"{stopped.what}; what is known so far counts")
    whole = min(map(len, scores.values()))
    if whole < 2:
        return [_untested(each, "too few runs ended") for each in hypotheses]
    control = scores.pop("")[:whole]
    sign = 1 if plan.higher_is_better else -1
    signed = {name: [sign * s for s in each[:whole]] for name, each in scores.items()}
    found = effects([sign * score for score in control], signed)
    return [
        Experiment(
            each.cause,
            each.change,
            control,
            scores[each.cause][:whole],
            "confirmed" if found[each.cause].low > 0 else "rejected",
            found[each.cause],
        )
        for each in hypotheses
    ]


@dataclass(frozen=True)
class _Plan:
    """How the runs are made; `reason` says why there are none."""

    path: Path
    stem: str
    score: str
    higher_is_better: bool
    worst: float
    seed: int
    split_seed: int
    epochs: int
    given_epochs: int
    reason: str = ""


def _plan(
    run: RunDir,
    hypotheses: Sequence[Hypothesis],
    seconds: float,
    tell: Callable[[str], None],
) -> _Plan:
    config, result = run.read_config(), run.read_result() or {}
    task = tasks.find(config.data.task)
    lasted = max(numbers(result).get("seconds", 1.0), 0.1)
    runs = SEEDS * sum(_times(each, config) for each in [None, *hypotheses])
    share = min(1.0, seconds / (lasted * runs))
    epochs = max(FEWEST_EPOCHS, int(config.training.epochs * share))
    minutes = lasted * runs * epochs / config.training.epochs / 60
    tell(
        f"{SEEDS * (1 + len(hypotheses))} runs of {epochs} epochs, about "
        f"{minutes:.2g} minutes"
    )
    reason, validation, told = "", result.get("validation"), result.get("baseline")
    has_score = isinstance(validation, dict) and task.headline in validation
    if not has_score and result.get("best"):
        reason = f"the validation split has no {task.headline.replace('_', ' ')}"
    baselines = told.values() if isinstance(told, dict) else ()
    scores = [numbers(each) for each in baselines if isinstance(each, dict)]
    known = [each[task.headline] for each in scores if task.headline in each]
    return _Plan(
        run.path / "config.toml",
        f"{run.name}-doctor",
        task.headline,
        task.direction(task.headline) == "max",
        known[0] if known else 0.0,
        config.training.seed,
        split_seed(config),
        epochs,
        config.training.epochs,
        reason,
    )


def _times(hypothesis: Hypothesis | None, config: Config) -> float:
    """Return how many times as many epochs a change asks for."""
    epochs = hypothesis.change.get("training.epochs") if hypothesis else None
    return epochs / config.training.epochs if epochs else 1.0


def _trained(
    plan: _Plan,
    cause: str,
    change: Mapping[str, Any],
    seed: int,
    selection: backend.Selection,
) -> float:
    """Return the validation score of a run; a diverged one has that of a baseline."""
    asked = change.get("training.epochs", plan.given_epochs)
    given = {
        **change,
        "training.epochs": max(1, round(plan.epochs * asked / plan.given_epochs)),
        "training.seed": seed,
        "data.split_seed": plan.split_seed,
    }
    keys = [Setting(key, value, "doctor") for key, value in given.items()]
    config = configs.load(file=plan.path, settings=keys)
    stem = "-".join([plan.stem, *(cause or "unchanged").split(), f"seed{seed}"])
    try:
        result = train(config, selection, stem=stem, report=False)
    except (DivergedError, DataError):
        return plan.worst
    return float(result["validation"][plan.score])


def _untested(hypothesis: Hypothesis, reason: str) -> Experiment:
    cause, change = hypothesis.cause, hypothesis.change
    return Experiment(cause, change, [], [], "not tested", reason=reason)

"""Short controlled runs that test what may explain another run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kerasdl import backend
from kerasdl import config as configs
from kerasdl.config import Setting
from kerasdl.diagnostics.causes import Hypothesis
from kerasdl.diagnostics.seed_effect import Effect, effects
from kerasdl.errors import (
    ConfigError,
    DataError,
    DivergedError,
    InterruptedRunError,
    ModelFileError,
)
from kerasdl.jobs import signals
from kerasdl.jobs.experiment_plan import Plan, planned
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir, numbers

UNCHANGED = "unchanged"
SEEDS_END = 2**31
"""Seeds are below it."""
LATE = 1.15
"""Runs are shortened or left out if all would take so many times the given time."""
FITTING = 1.1
"""So much more than planned may runs take that cannot be shortened further."""
SHORTEST = 0.2
"""Share of a run below which the runs of another seed are left out."""


@dataclass(frozen=True)
class Experiment:
    """Runs with one change, beside runs without it.

    Args:
        cause: What it tests.
        change: The keys that were changed.
        score: Name of the score.
        control: The score of each seed without the change, on the validation split.
        changed: The score of each seed with it.
        outcome: `"confirmed"` if the change helps by more than the seeds differ,
            `"rejected"` if it does not, `"not tested"` if time or data did not allow it.
        effect: By how much it is better; None if it was not tested.
        reason: Why it was not tested.
    """

    cause: str
    change: Mapping[str, Any]
    score: str
    control: Sequence[float]
    changed: Sequence[float]
    outcome: str
    effect: Effect | None = None
    reason: str = ""

    @property
    def said(self) -> str:
        """What it found, in words."""
        if self.effect is None:
            return self.reason
        keys = ", ".join(f"{key}={value}" for key, value in self.change.items())
        before, after = (sum(each) / len(each) for each in (self.control, self.changed))
        low, high = self.effect.low, self.effect.high
        return (
            f"with {keys}, validation {self.score.replace('_', ' ')} goes from {before:.3g} "
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

    Each run has a run directory of its own. If time is short, all have fewer epochs,
    then fewer examples. If they take longer than planned, so have those of later seeds:
    the runs of a seed are always of one length.

    Args:
        run: The run to explain.
        hypotheses: What to test, the most likely first; each has a change.
        selection: The backend, already selected.
        seconds: How long all runs may take together.
        tell: Receives lines about the progress.

    Raises:
        ConfigError: If the config of the run cannot be read.
        ModelFileError: If a file of the run is damaged.
    """
    plan = planned(run, hypotheses, seconds)
    if plan.reason:
        return [_untested(each, plan.reason) for each in hypotheses]
    tell(plan.said)
    scores, reasons = _scores(plan, hypotheses, selection, seconds, tell)
    tested = [each for each in hypotheses if each.cause not in reasons]
    whole = min(map(len, scores.values()), default=0)
    if whole < 2:
        tested, reason = [], reasons.get(UNCHANGED, "too few runs ended")
        reasons = {each.cause: reason for each in hypotheses} | reasons
    results = {
        each.cause: _untested(each, reasons[each.cause])
        for each in hypotheses
        if each not in tested
    }
    reached = {name for each in scores.values() for line in each for name in line}
    names = {each.cause: each.score for each in tested if each.score in reached}
    for name in dict.fromkeys(names.get(each.cause, plan.score) for each in tested):
        named = [each for each in tested if names.get(each.cause, plan.score) == name]
        for each in _compared(plan, name, named, scores, whole, len(tested)):
            results[each.cause] = each
    return [results[each.cause] for each in hypotheses]


Scores = dict[str, list[dict[str, float]]]
"""By cause, the validation scores of each seed; of a run that diverged, none."""


def _compared(
    plan: Plan,
    score: str,
    hypotheses: Sequence[Hypothesis],
    scores: Scores,
    seeds: int,
    tried: int,
) -> list[Experiment]:
    """Return what the runs say of the hypotheses that a score shows."""
    sign = plan.sign(score)
    known = [line[score] for each in scores.values() for line in each if score in line]
    if not known:
        return [_untested(each, "each run diverged") for each in hypotheses]
    diverged = plan.baseline.get(score, 0.0) if sign > 0 else 2 * max(known)
    names = [UNCHANGED, *(each.cause for each in hypotheses)]
    reached = {
        n: [line.get(score, diverged) for line in scores[n][:seeds]] for n in names
    }
    control = reached.pop(UNCHANGED)
    signed = {name: [sign * s for s in each] for name, each in reached.items()}
    finest = 1 / plan.validation if plan.validation else 0.0
    found = effects([sign * value for value in control], signed, tried, finest)
    return [
        Experiment(
            each.cause,
            each.change,
            score,
            control,
            reached[each.cause],
            "confirmed" if found[each.cause].low > 0 else "rejected",
            found[each.cause],
        )
        for each in hypotheses
    ]


def _scores(
    plan: Plan,
    hypotheses: Sequence[Hypothesis],
    selection: backend.Selection,
    seconds: float,
    tell: Callable[[str], None],
) -> tuple[Scores, dict[str, str]]:
    """Return the scores of each seed, and why some changes have none.

    If runs take longer than planned, the least likely changes are left out, then the
    runs of later seeds are shortened.
    """
    began, most = time.monotonic(), LATE * seconds
    changes = {UNCHANGED: {}, **{each.cause: each.change for each in hypotheses}}
    scores: Scores = {name: [] for name in changes}
    reasons: dict[str, str] = {}
    words = plan.score.replace("_", " ")
    took = 0.0
    with signals.deferred() as interrupted:
        for place in range(plan.seeds):
            seed = (plan.seed + place) % SEEDS_END
            passed = time.monotonic() - began
            if place and passed + (plan.seeds - place) * took > most:
                share = (most - passed) / ((plan.seeds - place) * took)
                shorter = plan.within(share * plan.run_seconds)
                fits = shorter.run_seconds <= FITTING * share * plan.run_seconds
                if share < SHORTEST or not fits:
                    tell("the time is over")
                    break
                plan = shorter
                tell(f"runs take longer than planned; now {plan.size}")
            for number, name in enumerate([*scores], start=1):
                try:
                    score = _trained(plan, name, changes[name], seed, selection)
                    reason = interrupted()
                except InterruptedRunError as stopped:
                    reason = stopped.what
                except (ConfigError, DataError, ModelFileError) as fault:
                    del scores[name]
                    reasons[name] = fault.what
                    if name == UNCHANGED:
                        return scores, reasons
                    continue
                if reason:
                    tell(f"{reason}; what is known so far counts")
                    return scores, reasons
                scores[name].append(score)
                shown = (
                    f"{score[plan.score]:.4g}" if plan.score in score else "diverged"
                )
                tell(f"seed {seed}, {name}: {words} {shown}")
                late = (time.monotonic() - began) / number * len(scores) * plan.seeds
                if not place and 1 < number < len(scores) and late > most:
                    for other in [*scores][number:]:
                        del scores[other]
                        reasons[other] = "the time was over"
                    break
            took = time.monotonic() - began - passed
    return scores, reasons


def _trained(
    plan: Plan,
    name: str,
    change: Mapping[str, Any],
    seed: int,
    selection: backend.Selection,
) -> dict[str, float]:
    """Return the validation scores of a run; none if it diverged."""
    given = plan.keys(change) | {"training.seed": seed}
    keys = [Setting(key, value, "doctor") for key, value in given.items()]
    config = configs.load(file=plan.path, settings=keys)
    stem = "-".join([plan.stem, *name.split(), f"seed{seed}"])
    try:
        result = train(config, selection, stem=stem, report=False, baselines=False)
    except DivergedError:
        return {}
    return numbers(result.get("validation", {})) | {
        "loss": float(result["best"]["val_loss"])
    }


def _untested(hypothesis: Hypothesis, reason: str) -> Experiment:
    cause, change = hypothesis.cause, hypothesis.change
    return Experiment(cause, change, "", [], [], "not tested", reason=reason)

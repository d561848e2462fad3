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
from kerasdl.errors import DataError, DivergedError, InterruptedRunError
from kerasdl.jobs import signals
from kerasdl.jobs.experiment_plan import Plan, planned
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir, numbers

UNCHANGED = "unchanged"


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
    then fewer examples. If the first run takes longer than planned, the least likely
    hypotheses are left out.

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
    scores = _scores(plan, hypotheses, selection, seconds, tell)
    tested = [each for each in hypotheses if each.cause in scores]
    whole = min(map(len, scores.values()))
    if whole < 2:
        return [_untested(each, "too few runs ended") for each in hypotheses]
    results = []
    for name in dict.fromkeys(plan.score_of(each) for each in tested):
        named = [each for each in tested if plan.score_of(each) == name]
        results += _compared(plan, name, named, scores, whole, len(tested))
    results.sort(key=lambda result: [h.cause for h in tested].index(result.cause))
    left = [each for each in hypotheses if each not in tested]
    return results + [_untested(each, "the time was over") for each in left]


def _compared(
    plan: Plan,
    score: str,
    hypotheses: Sequence[Hypothesis],
    scores: Mapping[str, Sequence[Mapping[str, float]]],
    seeds: int,
    tried: int,
) -> list[Experiment]:
    """Return what the runs say of the hypotheses that a score shows."""
    names = [UNCHANGED, *(each.cause for each in hypotheses)]
    reached = {n: [line[score] for line in scores[n][:seeds]] for n in names}
    control, sign = reached.pop(UNCHANGED), plan.sign(score)
    signed = {name: [sign * s for s in each] for name, each in reached.items()}
    found = effects([sign * value for value in control], signed, tried)
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
) -> dict[str, list[dict[str, float]]]:
    """Return the scores of each seed, without a change and with those that fit."""
    began = time.monotonic()
    changes = {UNCHANGED: {}, **{each.cause: each.change for each in hypotheses}}
    scores: dict[str, list[dict[str, float]]] = {name: [] for name in changes}
    words, longest = plan.score.replace("_", " "), 0.0
    with signals.deferred() as interrupted:
        for seed in range(plan.seed, plan.seed + plan.seeds):
            start = time.monotonic()
            if seed > plan.seed + 1 and start - began + longest > seconds:
                break
            for name, change in changes.items():
                if name not in scores:
                    continue
                try:
                    score = _trained(plan, name, change, seed, selection)
                except InterruptedRunError as stopped:
                    tell(f"{stopped.what}; what is known so far counts")
                    return scores
                if reason := interrupted():
                    tell(f"{reason}; what is known so far counts")
                    return scores
                scores[name].append(score)
                tell(f"seed {seed}, {name}: {words} {score[plan.score]:.4g}")
                if name == UNCHANGED and seed == plan.seed:
                    took = time.monotonic() - start
                    for late in plan.left_out(took, hypotheses, seconds):
                        del scores[late.cause]
            longest = max(longest, time.monotonic() - start)
    return scores


def _trained(
    plan: Plan,
    name: str,
    change: Mapping[str, Any],
    seed: int,
    selection: backend.Selection,
) -> dict[str, float]:
    """Return the validation scores of a run; a diverged one has those of a baseline."""
    given = plan.keys(change) | {"training.seed": seed}
    keys = [Setting(key, value, "doctor") for key, value in given.items()]
    config = configs.load(file=plan.path, settings=keys)
    stem = "-".join([plan.stem, *name.split(), f"seed{seed}"])
    try:
        result = train(config, selection, stem=stem, report=False, baselines=False)
    except (DivergedError, DataError):
        return dict(plan.worst)
    return {**plan.worst, **numbers(result["validation"])}


def _untested(hypothesis: Hypothesis, reason: str) -> Experiment:
    cause, change = hypothesis.cause, hypothesis.change
    return Experiment(cause, change, "", [], [], "not tested", reason=reason)

"""What explains a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasdl.diagnostics.causes import Evidence, Hypothesis

if TYPE_CHECKING:
    from kerasdl.jobs.experiments import Experiment

HALF = 0.5
"""A model on less than half of the way from the simplest baseline to the best is far."""


@dataclass(frozen=True)
class Diagnosis:
    """What explains a run.

    Args:
        verdict: A sentence.
        command: What helps, as a command; empty if there is none.
        hypotheses: What may explain it, the most likely first.
        tested: What experiments said of the first ones.
        score: Name of the score that experiments compare.
    """

    verdict: str
    command: str
    hypotheses: Sequence[Hypothesis]
    tested: "Sequence[Experiment]"
    score: str

    def __str__(self) -> str:
        """Return the verdict, and what speaks for each hypothesis."""
        lines = [self.verdict]
        for each in self.hypotheses:
            lines.append(f"{each.cause}: {each.seen} — {each.advice}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def without_cause(evidence: Evidence) -> str:
    """Return what is said of a run without a hypothesis.

    Whether it is healthy, and whether something simple does better.
    """
    if not evidence.epochs:
        return "nothing to read: the history has no epochs"
    if evidence.status != "completed" or not np.isfinite(evidence.losses).any():
        return "unexplained: the loss is not finite, and nothing else is seen"
    score = evidence.score
    better = {
        name: value
        for name, value in evidence.baselines.items()
        if score is not None and evidence.is_better(value, score)
    }
    if not better or score is None:
        return "nothing is wrong with this run"
    sign = 1 if evidence.higher_is_better else -1
    name, value = max(better.items(), key=lambda item: sign * item[1])
    words, headline = name.replace("_", " "), evidence.headline.replace("_", " ")
    compared = f"{words} does better here: {headline} {value:.3g}, not {score:.3g}"
    first, *_ = evidence.baselines.values()
    is_far = sign * (score - first) < HALF * sign * (value - first)
    said = "unexplained" if is_far else "nothing is wrong with this run"
    return f"{said}; {compared}"

"""What explains a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kerasdl.diagnostics.causes import Evidence, Hypothesis

if TYPE_CHECKING:
    from kerasdl.jobs.experiments import Experiment


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


def healthy(evidence: Evidence) -> str:
    """Return that nothing is wrong, and whether something simple does better."""
    said, score = "nothing is wrong with this run", evidence.score
    better = {
        name: value
        for name, value in evidence.baselines.items()
        if score is not None and evidence.is_better(value, score)
    }
    if not better or score is None:
        return said
    name, value = max(
        better.items(),
        key=lambda item: item[1] * (1 if evidence.higher_is_better else -1),
    )
    words, headline = name.replace("_", " "), evidence.headline.replace("_", " ")
    return f"{said}; {words} does better here: {headline} {value:.3g}, not {score:.3g}"

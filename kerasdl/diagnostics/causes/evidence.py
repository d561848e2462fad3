"""What a run shows of itself, and what may explain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from kerasdl.diagnostics.label_errors import ConfidentErrors
from kerasdl.finding import Finding


@dataclass(frozen=True)
class Evidence:
    """What a run left, as numbers.

    Args:
        keys: The values of the config by key, such as `training.epochs`.
        status: `"completed"`, `"diverged"` or `"unfinished"`.
        epochs: The finite numbers of each epoch by name, without those in which the last
            layer alone was trained.
        test: The scores of the test split.
        baselines: The same score of each baseline by name, the simplest one first.
        headline: Name of that score.
        higher_is_better: Whether a higher score is better.
        findings: What was told before and during training.
        errors: How often a classifier is wrong on the test split; None if unknown.
        examples: Examples of the training split; None if unknown.
        parameters: Parameters of the model; None if unknown.
        better: The baselines that are better by more than chance; None if unknown.
        ranking: The highest area under a ROC curve of the model and the baselines; 0.5 if
            none is known.
    """

    keys: Mapping[str, Any]
    status: str
    epochs: Sequence[Mapping[str, float]]
    test: Mapping[str, float]
    baselines: Mapping[str, float]
    headline: str
    higher_is_better: bool
    findings: Sequence[Finding] = ()
    errors: ConfidentErrors | None = None
    examples: int | None = None
    parameters: int | None = None
    better: Sequence[str] | None = None
    ranking: float = 0.5

    @cached_property
    def losses(self) -> np.ndarray:
        """The training loss of each epoch, NaN where it is not finite."""
        return self.curve("loss")

    @cached_property
    def val_losses(self) -> np.ndarray:
        """The validation loss of each epoch, NaN where it is missing."""
        return self.curve("val_loss")

    def number(self, key: str, default: float = 0.0) -> float:
        """Return the value of a key, or a default where it is missing or no number."""
        value = self.keys.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return default
        return float(value)

    def widths(self, key: str) -> list[int]:
        """Return the value of a key if it is a list of integers, else an empty list."""
        value = self.keys.get(key)
        if not isinstance(value, list | tuple):
            return []
        return [each for each in value if isinstance(each, int)]

    def curve(self, name: str) -> np.ndarray:
        """Return a number of each epoch, float64 of shape `(epochs,)`."""
        return np.array([line.get(name, np.nan) for line in self.epochs], "float64")

    @property
    def score(self) -> float | None:
        """The headline score of the test split."""
        return self.test.get(self.headline)

    @property
    def learned(self) -> float:
        """The fall of the training loss, as a share of that of the first epoch."""
        losses = self.losses[np.isfinite(self.losses)]
        if len(losses) < 2 or not losses[0]:
            return 0.0
        return float((losses[0] - losses.min()) / abs(losses[0]))

    def is_better(self, one: float, other: float) -> bool:
        """Return whether a score is better than another."""
        return one > other if self.higher_is_better else one < other

    @property
    def beats_the_simplest(self) -> bool | None:
        """Whether the test score is above that of the simplest baseline; None if unknown.

        A score counts as above if it covers a tenth of the way to the best baseline.
        """
        if self.score is None or not self.baselines:
            return None
        first, *_ = self.baselines.values()
        sign = 1 if self.higher_is_better else -1
        best = max(sign * each for each in self.baselines.values())
        return sign * self.score > sign * first + 0.1 * (best - sign * first)

    @property
    def does_well(self) -> bool:
        """Whether the model is above the simplest baseline, and no other is clearly better.

        False if there is no other.
        """
        if self.beats_the_simplest is None or len(self.baselines) < 2:
            return False
        return self.beats_the_simplest and not (
            self.better if self.better is not None else not self.beats_all
        )

    @property
    def beats_all(self) -> bool:
        """Whether the test score is better than that of every baseline."""
        score = self.score
        return score is not None and all(
            self.is_better(score, each) for each in self.baselines.values()
        )

    def way_to_perfect(self, score: float) -> float | None:
        """Return how far a score is from the simplest baseline to 1, as a share.

        Returns:
            The share, below 0 if the score is worse; None of a score that is not at
            most 1, or without a baseline.
        """
        if not self.higher_is_better or not self.baselines:
            return None
        first, *_ = self.baselines.values()
        return (score - first) / (1 - first) if first < 1 else None

    def of_kind(self, *kinds: str) -> list[Finding]:
        """Return the warnings and errors of some kinds."""
        return [
            finding
            for finding in self.findings
            if finding.kind in kinds and finding.severity != "info"
        ]


@dataclass(frozen=True)
class Hypothesis:
    """A cause that may explain a run.

    Args:
        cause: Its name, such as `"learning rate too high"`.
        seen: What of the run speaks for it, with numbers.
        weight: How strongly, from 0 to 1.
        why: The mechanism in a sentence, and its source.
        change: Keys of the config with the values that should help; empty if no key does.
        advice: What to do, in words; needed where no key helps.
        certain: Whether what was seen needs no test.
        score: Name of the score that shows it; empty for the most important one.
    """

    cause: str
    seen: str
    weight: float
    why: str
    change: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""
    certain: bool = False
    score: str = ""

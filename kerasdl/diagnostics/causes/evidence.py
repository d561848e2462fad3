"""What a run shows of itself, and what may explain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from kerasdl.finding import Finding


@dataclass(frozen=True)
class Evidence:
    """What a run left, as numbers.

    Args:
        keys: The values of the config by key, such as `training.epochs`.
        status: `"completed"`, `"diverged"` or `"unfinished"`.
        epochs: The finite numbers of each epoch by name.
        test: The scores of the test split.
        baselines: The same score of each baseline by name, the simplest one first.
        headline: Name of that score.
        higher_is_better: Whether a higher score is better.
        findings: What was told before and during training.
    """

    keys: Mapping[str, Any]
    status: str
    epochs: Sequence[Mapping[str, float]]
    test: Mapping[str, float]
    baselines: Mapping[str, float]
    headline: str
    higher_is_better: bool
    findings: Sequence[Finding] = ()

    @cached_property
    def losses(self) -> np.ndarray:
        """The training loss of each epoch, NaN where it is not finite."""
        return self.curve("loss")

    @cached_property
    def val_losses(self) -> np.ndarray:
        """The validation loss of each epoch, NaN where it is missing."""
        return self.curve("val_loss")

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
        advice: What to do if no key helps.
    """

    cause: str
    seen: str
    weight: float
    why: str
    change: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""

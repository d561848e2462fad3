"""Training, validation and test splits, and their encoding."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.targets import Targets
from kerasdl.finding import Finding


@dataclass(frozen=True)
class Encoding:
    """Fitted encoding of inputs and targets.

    Args:
        kind: Name of the kind of data.
        task: Name of the task.
        preprocessing: Fitted input preprocessing.
        targets: Fitted target encoding.
    """

    kind: str
    task: str
    preprocessing: Preprocessing
    targets: Targets

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example of the model's only input."""
        [only] = self.preprocessing.signature.values()
        return only.shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the model's output for one example."""
        return self.targets.output_shape(self.input_shape)

    def examples(self, part: Part, learning: bool = False) -> Examples:
        """Return encoded examples; see `Preprocessing.examples`."""
        return self.preprocessing.examples(part, self.targets, learning)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "kind": self.kind,
            "preprocessing": self.preprocessing.to_json(),
            "task": self.task,
            "targets": self.targets.to_json(),
        }


@dataclass(frozen=True)
class Dataset:
    """The splits of a run.

    Args:
        source: Name of the set or path of the file.
        sha256: Digest of the data.
        encoding: Encoding fitted on the training split.
        train: Training examples.
        validation: Examples that select the best epoch; may be empty.
        test: Examples scored once, after training.
        findings: What the user should know about the data.
        split: What decided the splits, such as `"at random from seed 0"`.
        test_part: The test examples as the data have them, to describe some.
        weights: Weight of each training example, at most 1, float64 of shape
            `(examples,)`; None if the data give none.
    """

    source: str
    sha256: str
    encoding: Encoding
    train: Examples
    validation: Examples
    test: Examples
    test_part: Part
    findings: tuple[Finding, ...] = ()
    split: str = ""
    weights: np.ndarray | None = None

    @property
    def preprocessing(self) -> Preprocessing:
        """Fitted input preprocessing."""
        return self.encoding.preprocessing

    @property
    def targets(self) -> Targets:
        """Fitted target encoding."""
        return self.encoding.targets

"""The splits of a run, and how their examples were encoded."""

from dataclasses import dataclass
from typing import Any

from kerasdl.data.examples import Examples
from kerasdl.data.kinds.kind import Part, Preprocessing
from kerasdl.data.targets import Targets


@dataclass(frozen=True)
class Encoding:
    """How examples become what a model takes and gives.

    Args:
        kind: The name of the kind of data.
        task: The name of the task.
        preprocessing: What was learned of inputs.
        targets: What was learned of targets.
    """

    kind: str
    task: str
    preprocessing: Preprocessing
    targets: Targets

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of a model's only input for one example."""
        [only] = self.preprocessing.signature.values()
        return only.shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of a model's output for one example."""
        return self.targets.output_shape(self.input_shape)

    def examples(self, part: Part, learning: bool = False) -> Examples:
        """Return examples as the model takes them; see `Preprocessing.examples`."""
        return self.preprocessing.examples(part, self.targets, learning)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
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
        source: Where the data comes from.
        sha256: Digest of the data.
        encoding: What is known from the training split.
        train: What is learned from.
        validation: What chooses the best epoch; may be empty.
        test: What is scored once, at the end.
    """

    source: str
    sha256: str
    encoding: Encoding
    train: Examples
    validation: Examples
    test: Examples

    @property
    def preprocessing(self) -> Preprocessing:
        """What was learned of inputs."""
        return self.encoding.preprocessing

    @property
    def targets(self) -> Targets:
        """What was learned of targets."""
        return self.encoding.targets

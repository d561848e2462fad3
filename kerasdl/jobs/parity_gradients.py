"""The gradients of a model's own training step."""

from collections.abc import Sequence
from typing import Any

import keras


class GradientRecorder(keras.optimizers.Optimizer):
    """Keep the last gradients instead of training by them.

    They are what the backend's own, perhaps compiled, step hands to any optimizer.

    Attributes:
        gradients: One variable for each trainable variable.
    """

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0, name="gradient_recorder")

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the variables."""
        if self.built:
            return
        self.gradients = [
            self.add_variable_from_reference(variable, "gradient")
            for variable in variables
        ]
        super().build(variables)

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Keep the gradients; what the loss does not depend on has zeros."""
        if not self.built:
            self.build(trainable_variables or [])
        for gradient, kept in zip(grads, self.gradients, strict=True):
            if gradient is None:
                kept.assign(keras.ops.zeros_like(kept))
            else:  # an embedding's may come as single rows, which are summed first
                kept.assign(keras.ops.convert_to_tensor(gradient))

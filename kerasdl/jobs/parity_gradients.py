"""Record the gradients of a model's own training step."""

from collections.abc import Sequence
from typing import Any

import keras


class GradientRecorder(keras.optimizers.Optimizer):
    """An optimizer that stores the last gradients instead of applying them.

    The backend's own, perhaps compiled, step passes them as to any optimizer.

    Attributes:
        gradients: One variable for each trainable variable.
        applied: Whether a step passed gradients.
    """

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0, name="gradient_recorder")
        self.applied = False

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
        """Store the gradients; a variable the loss does not depend on gets zeros."""
        if not self.built:
            self.build(trainable_variables or [])
        self.applied = True
        for gradient, stored in zip(grads, self.gradients, strict=True):
            if gradient is None:
                stored.assign(keras.ops.zeros_like(stored))
            else:  # an embedding's may be sparse rows, which are summed first
                stored.assign(keras.ops.convert_to_tensor(gradient))

"""An optimizer that remembers how large its gradients were."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class GradientMonitor(keras.optimizers.Optimizer):
    """Wrap an optimizer and keep the mean global norm of the gradients it is given.

    Norms are taken before clipping and after loss scaling is undone. They add up in a
    variable, so that the compiled step never waits for anyone to read them.

    Args:
        inner_optimizer: The optimizer that does the work.
        name: Name of the optimizer.
    """

    def __init__(
        self,
        inner_optimizer: keras.optimizers.Optimizer,
        name: str = "gradient_monitor",
    ):
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the variables of both optimizers."""
        if self.built:
            return
        self.norm_total = self.add_variable((), dtype="float32", name="norm_total")
        self.norm_steps = self.add_variable((), dtype="float32", name="norm_steps")
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of both optimizers."""
        return self._variables + self.inner_optimizer.variables

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Note the norm, then let the inner optimizer apply the gradients."""
        if not self.built:
            self.build(trainable_variables or [])
        squares = [
            ops.sum(ops.square(ops.cast(grad, "float32")))
            for grad in grads
            if grad is not None
        ]
        if squares:
            self.norm_total.assign_add(ops.sqrt(sum(squares)))
            self.norm_steps.assign_add(1)
        self.inner_optimizer.apply(grads, trainable_variables)

    def mean_gradient_norm(self) -> float:
        """Return the mean norm since the last reset, NaN without a step."""
        total = ops.convert_to_numpy(self.norm_total)
        steps = ops.convert_to_numpy(self.norm_steps)
        return float(total / steps) if steps else math.nan

    def reset_gradient_norm(self) -> None:
        """Begin a new mean."""
        self.norm_total.assign(0.0)
        self.norm_steps.assign(0.0)

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> keras.Variable:
        """Steps taken by the inner optimizer."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        """Scale the loss as the inner optimizer wants it."""
        return self.inner_optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Let the inner optimizer set the final weights, as averaging does."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        inner = keras.saving.serialize_keras_object(self.inner_optimizer)
        return {"name": self.name, "inner_optimizer": inner}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "GradientMonitor":
        """Return an optimizer from `get_config`'s result."""
        inner = keras.saving.deserialize_keras_object(
            config["inner_optimizer"], custom_objects=custom_objects
        )
        return cls(inner, name=config["name"])

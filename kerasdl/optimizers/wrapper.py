"""Base class of optimizers that wrap another one."""

from collections.abc import Sequence
from typing import Any, TypeVar

import keras

from kerasdl.backend.optimizer_chain import optimizer_chain

Kind = TypeVar("Kind", bound=keras.optimizers.Optimizer)


class OptimizerWrapper(keras.optimizers.Optimizer):
    """Optimizer that delegates to another one.

    Learning rate, iterations and loss scale are those of the inner optimizer.

    Args:
        inner_optimizer: The optimizer to wrap.
        name: Name of the optimizer.
    """

    def __init__(self, inner_optimizer: keras.optimizers.Optimizer, name: str):
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of both optimizers."""
        return [*super().variables, *self.inner_optimizer.variables]

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
        """Scale the loss as the inner optimizer does."""
        return self.inner_optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Let the inner optimizer set the final weights, such as averaged ones."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        inner = keras.saving.serialize_keras_object(self.inner_optimizer)
        return {"name": self.name, "inner_optimizer": inner}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "OptimizerWrapper":
        """Return an optimizer from the result of `get_config`."""
        inner = keras.saving.deserialize_keras_object(
            config["inner_optimizer"], custom_objects=custom_objects
        )
        return cls(**config | {"inner_optimizer": inner})


def find(optimizer: Any, kind: type[Kind]) -> Kind | None:
    """Return the first optimizer of a kind in a chain of wrappers, or None."""
    kinds = (part for part in optimizer_chain(optimizer) if isinstance(part, kind))
    return next(kinds, None)


def innermost(optimizer: Any) -> Any:
    """Return the innermost optimizer of a chain of wrappers."""
    *_, last = optimizer_chain(optimizer)
    return last

"""What fusing asks of a backend."""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import keras


class Fused(Protocol):
    """The fused step of one backend; each module named as a backend implements it."""

    def obstacle(self, model: keras.Model) -> str | None:
        """Return why no step of the model can be fused, or None."""
        ...

    def keras_fuses(self) -> bool:
        """Return whether this version of Keras takes many steps at once by itself."""
        ...

    def reads_trainable(self) -> Literal["each step", "each trace", "first trace"]:
        """Return when Keras's `fit` looks which layers and variables are trainable.

        What changes after that has no effect until the model is compiled again.
        """
        ...

    def may_look_ahead(self, adapter: Any) -> bool:
        """Return whether batches may be drawn before the steps that precede them."""
        ...

    def takes_executions(self, adapter: Any) -> bool:
        """Return whether the functions take an `Execution` of what the adapter feeds.

        Otherwise they take what Keras's own take.
        """
        ...

    def to_device(self, array: Any) -> Any:
        """Return an array as a tensor on the device that trains."""
        ...

    def take(self, data: Any, index: Any) -> Any:
        """Return the rows `index` of every tensor in a structure."""
        ...

    def train_function(
        self, model: keras.Model, report: Callable[[str], None], *, compiled: bool
    ) -> Callable:
        """Return the fused `model.train_function`.

        It calls `report` with the reason if it must take Keras's own step after all,
        or if it shall be compiled and cannot be.
        """
        ...

    def test_function(
        self, model: keras.Model, report: Callable[[str], None], *, compiled: bool
    ) -> Callable:
        """Return the fused `model.test_function`."""
        ...

"""The interface of a backend's fused steps."""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import keras


class Fused(Protocol):
    """The fused steps of one backend, implemented by the module with its name."""

    def obstacle(self, model: keras.Model) -> str | None:
        """Return why no step of the model can be fused, or None."""
        ...

    def keras_fuses(self) -> bool:
        """Return whether this version of Keras fuses steps by itself."""
        ...

    def reads_trainable(self) -> Literal["each step", "each trace", "first trace"]:
        """Return when Keras's `fit` reads which layers and variables are trainable.

        Later changes have no effect until the model is compiled again.
        """
        ...

    def may_look_ahead(self, adapter: Any) -> bool:
        """Return whether batches may be drawn before the steps that precede them."""
        ...

    def takes_executions(self, adapter: Any) -> bool:
        """Return whether the functions take an `Execution` of the adapter's batches.

        Otherwise they take the same input as Keras's own functions.
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

        It calls `report` with the reason if it falls back to Keras's own step, or if
        compiling is requested and fails.
        """
        ...

    def test_function(
        self, model: keras.Model, report: Callable[[str], None], *, compiled: bool
    ) -> Callable:
        """Return the fused `model.test_function`."""
        ...

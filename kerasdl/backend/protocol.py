"""What kerasdl asks of a backend beyond what Keras offers."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np


class Backend(Protocol):
    """One backend; each module beside this one is an implementation."""

    def seed(self, seed: int) -> None:
        """Seed the backend's own generators, for layers that draw from them."""
        ...

    def devices(self) -> list[str]:
        """Return the accelerators and processors it sees, such as `cuda:0` or `cpu`."""
        ...

    def peak_device_memory_bytes(self) -> int | None:
        """Return the most accelerator memory used so far; None without accelerator."""
        ...

    def convolves_by_onednn(self) -> bool:
        """Return whether oneDNN convolves, which it does on processors only."""
        ...

    def keep_float32(self) -> None:
        """Compute products of float32 numbers in float32 on every device.

        By default, GPUs shorten them to TensorFloat-32, of 11 significant bits, in all
        products under JAX and TensorFlow, in convolutions and recurrent layers under
        PyTorch.
        """
        ...

    def random_states(self) -> dict[str, np.ndarray]:
        """Return the states of the backend's own generators, as far as it shows them."""
        ...

    def set_random_states(self, states: dict[str, np.ndarray]) -> None:
        """Put the backend's own generators where they were."""
        ...

    def to_numpy(self, variable: Any) -> np.ndarray:
        """Return the value of a `keras.Variable`, which may share its memory.

        `keras.ops.convert_to_numpy` does the same, under TensorFlow in twice the time.
        """
        ...

    def dense(self, gradients: Sequence[Any]) -> list[Any]:
        """Return gradients of the shapes of their variables, None for those without.

        TensorFlow gives those of rows that were looked up, such as an embedding's, one
        row for each look-up. No function but a linear one may take them before those
        of the same row are summed.
        """
        ...

    def differentiates(self, tensor: Any) -> bool:
        """Return whether the gradient of what is computed from a tensor is wanted."""
        ...

    def global_norm(self, tensors: Sequence[Any]) -> Any:
        """Return the Euclidean norm of all tensors together, a float32 scalar."""
        ...

    def update_if(
        self,
        condition: Any,
        update: Callable[[], None],
        variables: Sequence[Any],
    ) -> None:
        """Call `update` if the boolean scalar holds, else leave the variables alone.

        In a compiled step nothing waits for the condition. The update may assign to
        these variables only.
        """
        ...

"""The interface of a backend, beyond what Keras offers."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np


class Backend(Protocol):
    """One backend, implemented by the module of this package with its name."""

    def seed(self, seed: int) -> None:
        """Seed the backend's own generators, for layers that draw from them."""
        ...

    def devices(self) -> list[str]:
        """Return the devices that the backend sees, such as `cuda:0` or `cpu`."""
        ...

    def peak_device_memory_bytes(self) -> int | None:
        """Return the peak accelerator memory in bytes, or None without accelerator."""
        ...

    def convolves_by_onednn(self) -> bool:
        """Return whether oneDNN computes convolutions, which it does only on CPUs."""
        ...

    def keep_float32(self) -> None:
        """Compute float32 products in full float32 precision on every device.

        By default, GPUs round to TensorFloat-32, with 11 significant bits. JAX and
        TensorFlow do so in all products, PyTorch in convolutions and recurrent layers.
        """
        ...

    def random_states(self) -> dict[str, np.ndarray]:
        """Return the readable states of the backend's own generators."""
        ...

    def set_random_states(self, states: dict[str, np.ndarray]) -> None:
        """Restore the states of the backend's own generators."""
        ...

    def to_numpy(self, variable: Any) -> np.ndarray:
        """Return the value of a `keras.Variable`, which may share its memory.

        `keras.ops.convert_to_numpy` does the same, but under TensorFlow it takes twice
        as long.
        """
        ...

    def dense(self, gradients: Sequence[Any]) -> list[Any]:
        """Return gradients with the shapes of their variables; None stays None.

        TensorFlow returns the gradient of looked-up rows, such as an embedding's, with
        one row per lookup. Rows with the same index must be summed before any nonlinear
        function.
        """
        ...

    def differentiates(self, tensor: Any) -> bool:
        """Return whether operations on a tensor are being differentiated."""
        ...

    def global_norm(self, tensors: Sequence[Any]) -> Any:
        """Return the Euclidean norm of all tensors together, a float32 scalar."""
        ...

    def input_gradient(
        self, function: Callable[..., Any], variables: Sequence[Any]
    ) -> Callable[..., np.ndarray]:
        """Return a function that differentiates another by its first argument.

        Args:
            function: Maps tensors to a scalar tensor, and assigns to nothing. It is
                compiled where the backend compiles, once for each shape.
            variables: The variables that it reads, which stay as they are.

        Returns:
            A function of arrays. It returns the gradient with the shape of the first.
        """
        ...

    def hessian_product(
        self, function: Callable[..., Any], variables: Sequence[Any]
    ) -> Callable[..., list[np.ndarray]]:
        """Return a function that multiplies the Hessian of another by a vector.

        Args:
            function: Maps tensors to a scalar tensor, and assigns to nothing.
            variables: The variables that the Hessian is by; others are constants.

        Returns:
            A function of a vector, an array for each variable, and of the arguments of
            `function` as arrays. It returns the product, an array for each variable.
        """
        ...

    def update_if(
        self,
        condition: Any,
        update: Callable[[], None],
        variables: Sequence[Any],
    ) -> None:
        """Call `update` if the condition, a boolean scalar, is true.

        Otherwise the variables keep their values. A compiled step does not wait for the
        condition. The update may assign only to these variables.
        """
        ...

"""The PyTorch backend."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import torch


def seed(seed: int) -> None:
    """Seed PyTorch's generators."""
    torch.manual_seed(seed)


def devices() -> list[str]:
    """Return the devices PyTorch sees."""
    count = torch.cuda.device_count()
    return [f"cuda:{index}" for index in range(count)] or ["cpu"]


def peak_device_memory_bytes() -> int | None:
    """Return the peak accelerator memory in bytes, or None without accelerator."""
    if not torch.cuda.is_available():
        return None
    count = torch.cuda.device_count()
    return sum(torch.cuda.max_memory_allocated(index) for index in range(count))


def convolves_by_onednn() -> bool:
    """Return whether oneDNN computes convolutions on Keras's device."""
    onednn = torch.backends.mkldnn
    on_processor = keras.ops.zeros(()).device.type == "cpu"
    return on_processor and onednn.is_available() and bool(onednn.enabled)


def keep_float32() -> None:
    """Compute float32 products in full float32 precision on every device."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def random_states() -> dict[str, np.ndarray]:
    """Return the states of PyTorch's generators, one for each device."""
    states = {"cpu": torch.get_rng_state()}
    for index in range(torch.cuda.device_count()):
        states[f"cuda:{index}"] = torch.cuda.get_rng_state(index)
    return {device: state.numpy().copy() for device, state in states.items()}


def set_random_states(states: dict[str, np.ndarray]) -> None:
    """Restore the states of PyTorch's generators, on the devices that exist."""
    torch.set_rng_state(torch.from_numpy(states["cpu"].copy()))
    for index in range(torch.cuda.device_count()):
        if (state := states.get(f"cuda:{index}")) is not None:
            torch.cuda.set_rng_state(torch.from_numpy(state.copy()), index)


def to_numpy(variable: keras.Variable) -> np.ndarray:
    """Return the value of a variable."""
    return keras.ops.convert_to_numpy(variable)


def dense(gradients: Sequence[Any]) -> list[Any]:
    """Return the gradients, which are already dense."""
    return list(gradients)


def differentiates(tensor: torch.Tensor) -> bool:
    """Return whether operations on a tensor are being differentiated."""
    return tensor.requires_grad


def global_norm(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the Euclidean norm of all tensors together, a float32 scalar."""
    single = [tensor.float() for tensor in tensors]
    norms = torch.ops.aten._foreach_norm.Scalar(single)
    return torch.linalg.vector_norm(torch.stack(norms))


def input_gradient(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., np.ndarray]:
    """Return a function that differentiates another by its first argument."""

    def gradient(x: np.ndarray, *others: np.ndarray) -> np.ndarray:
        first, *rest = map(keras.ops.convert_to_tensor, (x, *others))
        first = first.detach().clone().requires_grad_()
        with torch.enable_grad():
            value = function(first, *rest)
        return torch.autograd.grad(value, first)[0].cpu().numpy()

    return gradient


def hessian_product(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., list[np.ndarray]]:
    """Return a function that multiplies the Hessian of another by a vector."""
    weights = [variable.value for variable in variables]

    def product(vector: Sequence[np.ndarray], *given: np.ndarray) -> list[np.ndarray]:
        along = [*map(keras.ops.convert_to_tensor, vector)]
        with torch.enable_grad():
            value = function(*map(keras.ops.convert_to_tensor, given))
            gradients = torch.autograd.grad(
                value, weights, create_graph=True, materialize_grads=True
            )
            pairs = zip(gradients, along, strict=True)
            slope = torch.stack([(a * b).sum() for a, b in pairs]).sum()
            if not slope.requires_grad:  # the function is linear
                return [np.zeros_like(each) for each in vector]
            products = torch.autograd.grad(slope, weights, materialize_grads=True)
        return [each.cpu().numpy() for each in products]

    return product


def update_if(
    condition: Any, update: Callable[[], None], variables: Sequence[keras.Variable]
) -> None:
    """Call `update` if the condition, a boolean scalar, is true.

    Recorded steps use `torch_kernels.update_if` instead.
    """
    if condition:
        update()

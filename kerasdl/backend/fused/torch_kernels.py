"""Fused PyTorch kernels for what Keras writes as many operations.

They replace Keras's functions only while a step is recorded, so nothing outside a
record changes.
"""

import contextlib
import importlib
import inspect
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import keras
import torch
from keras.src.backend.torch.optimizers.torch_adadelta import Adadelta
from keras.src.backend.torch.optimizers.torch_adam import Adam
from keras.src.backend.torch.optimizers.torch_nadam import Nadam
from keras.src.backend.torch.optimizers.torch_optimizer import TorchOptimizer
from keras.src.backend.torch.optimizers.torch_sgd import SGD

from kerasdl.backend import torch as backend
from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.keras_internals import base_optimizer, variable_index

aten = torch.ops.aten
rnn = importlib.import_module("keras.src.backend.torch.rnn")
FLOAT32_BYTES = 4
"""Bytes of a number from which reordered operations round alike."""
BatchNormalization = keras.layers.BatchNormalization
_keras_adam = Adam._parallel_update_step
_keras_batch_normalization = BatchNormalization.call
_keras_lstm, _keras_gru = rnn._fallback_lstm, rnn._fallback_gru


def native_kernels(*, fused: bool) -> contextlib.AbstractContextManager[None]:
    """Make Keras use PyTorch's own kernels inside the context.

    Args:
        fused: Whether to add kernels that a compiler would find by itself.
    """
    replacements = [
        (backend, "update_if", update_if),
        (base_optimizer, "global_norm", global_norm),
        (base_optimizer, "clip_by_global_norm", clip_by_global_norm),
        (Adam, "_parallel_update_step", adam if fused else keras_adam),
        (SGD, "_parallel_update_step", sgd),
        (Nadam, "_parallel_update_step", nadam),
        (Adadelta, "_parallel_update_step", one_by_one),
        (rnn, "_fallback_lstm", recurrence(rnn._cudnn_lstm, _keras_lstm)),
        (rnn, "_fallback_gru", recurrence(rnn._cudnn_gru, _keras_gru)),
    ]
    if fused:
        replacements += [
            (TorchOptimizer, "_apply_weight_decay", weight_decay),
            (BatchNormalization, "call", batch_normalization),
        ]
    return replaced(replacements)


@dataclass
class _Guard:
    """The condition of an update inside `update_if`, which has no branch.

    Args:
        condition: Whether to apply the update, a boolean scalar.
    """

    condition: torch.Tensor
    kept: dict[int, torch.Tensor] = field(default_factory=dict)
    """Values that the update itself guards in place, by the `id` of their variable."""


_guard: ContextVar[_Guard | None] = ContextVar("guard", default=None)


def update_if(
    condition: Any, update: Callable[[], None], variables: Sequence[keras.Variable]
) -> None:
    """Update without a branch: undo what the update does not guard itself."""
    outer = _guard.get()
    guard = _Guard(condition if outer is None else condition & outer.condition)
    token = _guard.set(guard)
    # Unused copies are removed from the record.
    before = [variable.value.clone() for variable in variables]
    try:
        update()
    finally:
        _guard.reset(token)
    for variable, old in zip(variables, before, strict=True):
        if guard.kept.get(id(variable)) is not variable.value:
            variable.assign(torch.where(guard.condition, variable.value, old))
    if outer is not None:
        outer.kept.update(guard.kept)


def global_norm(tensors: Sequence[torch.Tensor | None]) -> torch.Tensor:
    """Return the Euclidean norm of all tensors together."""
    present = [tensor for tensor in tensors if tensor is not None]
    return torch.linalg.vector_norm(torch.stack(aten._foreach_norm.Scalar(present)))


def clip_by_global_norm(
    tensors: Sequence[torch.Tensor], clip_norm: float
) -> Sequence[torch.Tensor]:
    """Scale the tensors so that their global norm is at most `clip_norm`.

    A non-finite norm makes everything NaN, as in Keras.
    """
    norm = global_norm(tensors)
    scale = clip_norm / torch.clamp(norm, min=clip_norm)
    return aten._foreach_mul.Tensor(list(tensors), scale + (norm - norm))


def keras_adam(
    self: Any, grads: Sequence[torch.Tensor], variables: Sequence[Any], rate: Any
) -> None:
    """Update by Keras's Adam, without reading the value of β₁ if it is a tensor."""
    step = one_by_one if torch.is_tensor(self.beta_1) else _keras_adam
    step(self, grads, variables, rate)


def adam(
    self: Any, grads: Sequence[torch.Tensor], variables: Sequence[Any], rate: Any
) -> None:
    """Update by Adam (Kingma and Ba, 2015, section 2) in one fused kernel.

    Keras adds epsilon before the bias correction, the kernel after it. So the kernel
    gets a step number so large that nothing is left to correct. The learning rate
    includes the correction instead. The kernel ignores strides, so only contiguous
    weights use it.
    """
    values = [variable.value for variable in variables]
    contiguous = all(value.is_contiguous() for value in values)
    # On accelerators, the kernel takes the rate in float32 for weights of any dtype.
    exact = values[0].dtype == torch.float64 and values[0].device.type != "cpu"
    same_dtype = len({value.dtype for value in values}) == 1
    if self.amsgrad or exact or not (contiguous and same_dtype):
        keras_adam(self, grads, variables, rate)
        return
    indices = [variable_index(self, variable) for variable in variables]
    momenta = [self._momentums[index] for index in indices]
    velocities = [self._velocities[index] for index in indices]
    if guard := _guard.get():
        kept = [*variables, *momenta, *velocities]
        guard.kept.update({id(variable): variable.value for variable in kept})
    dtype = values[0].dtype
    step = (self.iterations.value + 1).to(dtype)
    rate = keras.ops.cast(rate, dtype)
    correction = torch.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
    beta_1, scale = self.beta_1, None
    if torch.is_tensor(beta_1):
        # The kernel takes only numbers. With 1/2, it turns m·β₁/(1 − β₁) into the new m
        # divided by 2(1 − β₁).
        scale = 2 * (1 - beta_1)
        _scale([m.value for m in momenta], 2 * beta_1 / scale)
        correction, beta_1 = correction * scale, 0.5
    aten._fused_adam_.tensor_lr(
        values,
        [gradient.to(dtype).contiguous() for gradient in grads],
        [momentum.value for momentum in momenta],
        [velocity.value for velocity in velocities],
        [],
        [torch.full((), 1e9, device=rate.device)] * len(values),
        lr=rate * correction,
        beta1=beta_1,
        beta2=self.beta_2,
        weight_decay=0.0,
        eps=self.epsilon,
        amsgrad=False,
        maximize=False,
        found_inf=guard and (~guard.condition).to(torch.float32),
    )
    if scale is not None:
        _scale([m.value for m in momenta], scale)


def _scale(values: list[torch.Tensor], factor: torch.Tensor) -> None:
    """Multiply in place, unless the update is skipped."""
    if guard := _guard.get():
        factor = torch.where(guard.condition, factor, torch.ones_like(factor))
    aten._foreach_mul_.Tensor(values, factor)


def weight_decay(self: Any, variables: Sequence[Any]) -> None:
    """Shrink the weights, unless the update is skipped.

    `update_if` does not undo changes to weights that the fused Adam guards.
    """
    values = [v.value for v in variables if self._use_weight_decay(v)]
    if self.weight_decay is None or not values:
        return
    _scale(values, 1 - self.weight_decay * self.learning_rate)


def sgd(
    self: Any, grads: Sequence[torch.Tensor], variables: Sequence[Any], rate: Any
) -> None:
    """Update by gradient descent; Keras would read the learning rate's value."""
    values = [variable.value for variable in variables]
    steps = aten._foreach_mul.Tensor(list(grads), -rate)
    if self.momentum == 0:
        aten._foreach_add_.List(values, steps)
        return
    indices = [variable_index(self, variable) for variable in variables]
    momenta = [self.momentums[index].value for index in indices]
    aten._foreach_mul_.Scalar(momenta, self.momentum)
    aten._foreach_add_.List(momenta, steps)
    if self.nesterov:
        aten._foreach_add_.List(values, steps)
        aten._foreach_add_.List(values, momenta, alpha=self.momentum)
    else:
        aten._foreach_add_.List(values, momenta)


def nadam(
    self: Any, grads: Sequence[torch.Tensor], variables: Sequence[Any], rate: Any
) -> None:
    """Update by Nadam (Dozat, 2015); Keras would read the values of the corrections."""
    values = [variable.value for variable in variables]
    indices = [variable_index(self, variable) for variable in variables]
    momenta = [self._momentums[index].value for index in indices]
    velocities = [self._velocities[index].value for index in indices]
    dtype = values[0].dtype
    beta_1 = keras.ops.cast(self.beta_1, dtype)
    beta_2 = keras.ops.cast(self.beta_2, dtype)
    step = (self.iterations.value + 1).to(dtype)
    now, then = (beta_1 * (1 - 0.5 * 0.96**number) for number in (step, step + 1))
    product = self._u_product.value * now
    self._u_product.assign(product)
    aten._foreach_mul_.Scalar(momenta, self.beta_1)
    aten._foreach_add_.List(momenta, list(grads), alpha=1 - self.beta_1)
    aten._foreach_mul_.Scalar(velocities, self.beta_2)
    squares = aten._foreach_mul.List(list(grads), list(grads))
    aten._foreach_add_.List(velocities, squares, alpha=1 - self.beta_2)
    means = aten._foreach_mul.Tensor(momenta, then / (1 - product * then))
    newest = aten._foreach_mul.Tensor(list(grads), (1 - now) / (1 - product))
    aten._foreach_add_.List(means, newest)
    spreads = aten._foreach_div.Tensor(velocities, 1 - beta_2**step)
    spreads = aten._foreach_add.Scalar(aten._foreach_sqrt(spreads), self.epsilon)
    steps = aten._foreach_mul.Tensor(means, keras.ops.cast(rate, dtype))
    aten._foreach_add_.List(values, aten._foreach_div.List(steps, spreads), alpha=-1)


def one_by_one(
    self: Any, grads: Sequence[torch.Tensor], variables: Sequence[Any], rate: Any
) -> None:
    """Update as on other backends, without reading the learning rate's value."""
    for gradient, variable in zip(grads, variables, strict=True):
        self.update_step(gradient, variable, rate)


def batch_normalization(
    self: Any, inputs: torch.Tensor, training: Any = None, mask: Any = None
) -> torch.Tensor:
    """Normalise by the statistics of the batch, and update their moving averages."""
    own_moments = type(self)._moments is not BatchNormalization._moments
    unsupported = own_moments or self.synchronized or self.renorm or mask is not None
    unsupported = unsupported or inputs.dtype.itemsize < FLOAT32_BYTES
    if unsupported or not (training and self.trainable):
        return _keras_batch_normalization(self, inputs, training=training, mask=mask)
    x = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
    gamma = self.gamma.value.to(x.dtype) if self.scale else None
    beta = self.beta.value.to(x.dtype) if self.center else None
    normalized, mean, inverse_deviation = torch.native_batch_norm(
        x.movedim(self.axis, 1), gamma, beta, None, None, True, 0.0, self.epsilon
    )
    variance = torch.pow(inverse_deviation, -2) - self.epsilon
    for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
        moving.assign(torch.lerp(new, moving.value.to(x.dtype), self.momentum))
    outputs = normalized.movedim(1, self.axis)
    return keras.ops.cast(outputs, self.compute_dtype)


def recurrence(native: Callable, fallback: Callable) -> Callable:
    """Return a layer's kernel without a loop over time, for the usual activations.

    Args:
        native: Keras's kernel for cuDNN, whose PyTorch call works on any device.
        fallback: Keras's loop, for other activations and for time-major input.
    """
    signature = inspect.signature(fallback)
    supported = {
        "activation": keras.activations.tanh,
        "recurrent_activation": keras.activations.sigmoid,
        "batch_first": True,
    }

    def kernel(*args: Any, **kwargs: Any) -> tuple:
        bound = signature.bind(*args, **kwargs).arguments
        unsupported = any(
            bound.pop(name, value) != value for name, value in supported.items()
        )
        unsupported = unsupported or bound["inputs"].dtype.itemsize < FLOAT32_BYTES
        if unsupported or bound["bias"] is None:
            return fallback(*args, **kwargs)
        return native(**bound, device=bound["inputs"].device)

    return kernel

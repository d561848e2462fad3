"""The calls of layers in a model, from shapes alone."""

import contextlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras

from kerasdl.backend.keras_internals import OPERATION_CALL

Shape = tuple[int, ...]


@dataclass
class Call:
    """A call of a layer, or of an operation between layers, on one example.

    Args:
        operation: The layer or operation.
        inputs: Shapes of the tensors by the argument that they are, with a batch of 1.
        outputs: Shapes of the outputs, with a batch of 1.
        dtype: Dtype of the first output.
        calls: Calls inside of it, in order.
        repeats: How often the calls inside happen.
    """

    operation: Any
    inputs: dict[str, list[Shape]]
    outputs: list[Shape] = field(default_factory=list)
    dtype: str = "float32"
    calls: list["Call"] = field(default_factory=list)
    repeats: int = 1

    @property
    def input(self) -> Shape:
        """The shape of the first input."""
        return next(iter(self.inputs.values()))[0]

    @property
    def output(self) -> Shape:
        """The shape of the first output."""
        return self.outputs[0]


def traced(model: keras.Model, inputs: Any) -> Call:
    """Return the call of a model, with all calls inside of it.

    Nothing is computed where the backend can infer shapes without. Layers behave as in
    inference.

    Args:
        model: A model that is built.
        inputs: `keras.KerasTensor`s with a batch of 1, in the structure of the model's
            inputs.

    Raises:
        Exception: What Keras raises if the model cannot be called on such inputs.
    """
    roots: list[Call] = []
    with _recorded(roots):
        _Run(model).compute_output_spec(inputs)
    return roots[-1]  # a backend may try twice


class _Run(keras.Operation):
    """Calls a model where Keras only infers shapes."""

    def __init__(self, model: keras.Model):
        super().__init__()
        self.model = model

    def call(self, inputs: Any) -> Any:
        return self.model(inputs, training=False)


@contextlib.contextmanager
def _recorded(roots: list[Call]) -> Iterator[None]:
    """Append what is called in the context, and in no other call, to a list."""
    keras_call, stack = OPERATION_CALL.get(), [roots]

    def call_and_record(operation: Any, *args: Any, **kwargs: Any) -> Any:
        call = Call(operation, _shapes(operation, args, kwargs))
        stack[-1].append(call)
        stack.append(call.calls)
        try:
            outputs = keras_call(operation, *args, **kwargs)
            if isinstance(operation, keras.layers.TimeDistributed):
                # It calls its layer by another door.
                call.calls, call.repeats = [], call.input[1]
                stack[-1] = call.calls
                operation.layer(args[0][:, 0])
        finally:
            stack.pop()
        tensors = _tensors(outputs)
        call.outputs = [tuple(tensor.shape) for tensor in tensors]
        if tensors:
            call.dtype = keras.backend.standardize_dtype(tensors[0].dtype)
        return outputs

    OPERATION_CALL.set(call_and_record)
    try:
        yield
    finally:
        OPERATION_CALL.set(keras_call)


def _tensors(structure: Any) -> list[Any]:
    return [each for each in keras.tree.flatten(structure) if keras.ops.is_tensor(each)]


def _shapes(operation: Any, args: Any, kwargs: Any) -> dict[str, list[Shape]]:
    """Return the shapes of the tensors among arguments, in the order of `call`."""
    arguments = inspect.signature(operation.call).bind(*args, **kwargs).arguments
    shapes = {
        name: [tuple(tensor.shape) for tensor in _tensors(value)]
        for name, value in arguments.items()
    }
    return {name: each for name, each in shapes.items() if each}

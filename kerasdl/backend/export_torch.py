"""Models as PyTorch programs and ONNX files."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import torch

LARGEST_BATCH = 4096
OPSET = 18
"""Version of ONNX's operations."""
SOURCES = ("stack_trace", "nn_module_stack", "source_fn_stack", "from_node", "torch_fn")
"""What PyTorch notes of the code that made an operation, with the paths of its files."""


class Inference(torch.nn.Module):
    """A model as it predicts."""

    def __init__(self, model: keras.Model):
        super().__init__()
        self.model = model

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the outputs of a batch."""
        return self.model(inputs, training=False)


def program_files(
    model: keras.Model, batch: np.ndarray, told: dict[str, str]
) -> dict[str, bytes]:
    """Return a program that `torch.export.load` reads."""
    content = io.BytesIO()
    with _quiet():
        torch.export.save(_program(model, batch), content, extra_files=told)
    return {"model.pt2": content.getvalue()}


def onnx_files(
    model: keras.Model, batch: np.ndarray, told: dict[str, str]
) -> dict[str, bytes]:
    """Return an ONNX file with the input `inputs` and the output `outputs`."""
    with torch.no_grad(), _quiet():
        exported: Any = torch.onnx.export(
            _program(model, batch),
            (),
            dynamo=True,
            opset_version=OPSET,
            input_names=["inputs"],
            output_names=["outputs"],
            verbose=False,
        )
        exported.optimize()
    _forget_sources(exported.model)
    _name_batch(exported.model.graph)
    exported.model.metadata_props.update(told)
    return {"model.onnx": exported.model_proto.SerializeToString(deterministic=True)}


def _program(model: keras.Model, batch: np.ndarray) -> torch.export.ExportedProgram:
    """Return a model as a program of any batch up to `LARGEST_BATCH`.

    Args:
        model: The model.
        batch: Two or more inputs; a program traced with one would be for one alone.
    """
    size = torch.export.Dim("batch", min=1, max=LARGEST_BATCH)
    with torch.no_grad(), _quiet():
        program = torch.export.export(
            Inference(model).eval(),
            (torch.from_numpy(batch),),
            dynamic_shapes=({0: size},),
            strict=False,
        )
    for node in program.graph.nodes:
        for key in SOURCES:
            node.meta.pop(key, None)
    return program


def _forget_sources(model: Any) -> None:
    """Remove what an ONNX model tells of the code that made it."""
    graph = model.graph
    nodes = [*graph.all_nodes()]
    values = [*graph.inputs, *graph.initializers.values()]
    values += [output for node in nodes for output in node.outputs]
    for each in (model, graph, *model.functions.values(), *nodes, *values):
        each.metadata_props.clear()
        each.meta.clear()


def _name_batch(graph: Any) -> None:
    """Call the size of a batch so, which PyTorch gives a number."""
    own = str(graph.inputs[0].shape[0])
    values = [
        *graph.inputs,
        *(each for node in graph.all_nodes() for each in node.outputs),
    ]
    for value in values:
        for axis, size in enumerate(value.shape or ()):
            if own in str(size):
                value.shape[axis] = str(size).replace(own, "batch")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from users what the exporter says of its own ways."""
    names = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
    loggers = [logging.getLogger(name) for name in names]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)

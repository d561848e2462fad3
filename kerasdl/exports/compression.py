"""Networks in ONNX files with numbers of fewer bits."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

COMPRESSIONS = ("int8", "float16")
"""What a network may be compressed to."""
CALIBRATED = 256
"""Examples that the range of activations is taken from."""
BATCH = 32
PRODUCTS = ["Conv", "Gemm", "MatMul"]
"""Operations between int8 numbers; others take next to no time, and lose precision."""


def compressed(onnx: bytes, kind: str, examples: np.ndarray) -> bytes:
    """Return a network with numbers of fewer bits.

    Networks with convolutions get int8 weights and activations, whose ranges are those of
    some examples. Others get int8 weights, and activations are scaled batch by batch.
    See https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html.

    Args:
        onnx: Content of an ONNX file.
        kind: One of `COMPRESSIONS`.
        examples: Inputs of the network, of shape `(examples, …)`.
    """
    import onnx as api

    with tempfile.TemporaryDirectory() as place, _quiet():
        before, after = Path(place, "before.onnx"), Path(place, "after.onnx")
        before.write_bytes(onnx)
        if kind == "float16":
            api.save(_halved(api.load(before)), after)
        elif _has_convolutions(api.load(before)):
            _quantize_static(before, after, examples)
        else:
            _quantize_dynamic(before, after)
        found = api.load(after)
    for each in (found.graph, *found.graph.node):
        del each.metadata_props[:]
    return found.SerializeToString(deterministic=True)


def _has_convolutions(model: Any) -> bool:
    return any("Conv" in node.op_type for node in model.graph.node)


def _halved(model: Any) -> Any:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return convert_float_to_float16(model, keep_io_types=True)


def _quantize_dynamic(before: Path, after: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(before, after, weight_type=QuantType.QInt8, per_channel=True)


def _quantize_static(before: Path, after: Path, examples: np.ndarray) -> None:
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        """Batches of the examples, until None."""

        def __init__(self) -> None:
            size = min(BATCH, len(examples))  # all batches need one size
            starts = range(0, len(examples) - size + 1, size)
            self.batches = iter(examples[n : n + size] for n in starts)

        def get_next(self) -> Any:
            batch = next(self.batches, None)
            return None if batch is None else {"inputs": batch}

    prepared = before.with_name("prepared.onnx")
    quant_pre_process(before, prepared)
    quantize_static(
        prepared,
        after,
        Reader(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=PRODUCTS,
        calibrate_method=CalibrationMethod.Percentile,
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep from users what the quantizer says of its own ways."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(before)

"""Networks as OpenVINO reads them."""

import importlib
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl.backend.export_torch import onnx_files


def openvino_files(
    model: keras.Model, batch: np.ndarray, told: dict[str, str]
) -> dict[str, bytes]:
    """Return the graph and the weights of a model, by way of ONNX.

    `openvino.convert_model` does the same, but may send statistics of its use.
    """
    api: Any = importlib.import_module("openvino")
    [onnx] = onnx_files(model, batch, told).values()
    read = api.Core().read_model(onnx)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "model.xml")
        api.save_model(read, path, compress_to_fp16=False)
        return {each.name: each.read_bytes() for each in sorted(path.parent.iterdir())}

"""A network as OpenVINO reads it. Needs OpenVINO."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino


def network(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from a batch of inputs to their outputs."""
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(folder / "model.xml", "CPU", exact)

    def outputs_of(batch: np.ndarray) -> np.ndarray:
        return compiled(batch)[0].copy()

    return outputs_of

"""A network in an ONNX file. Needs ONNX Runtime."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime


def network(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from a batch of inputs to their outputs."""
    session = onnxruntime.InferenceSession(
        folder / "model.onnx", providers=["CPUExecutionProvider"]
    )

    def outputs_of(batch: np.ndarray) -> np.ndarray:
        [outputs] = session.run(None, {"inputs": batch})
        return outputs

    return outputs_of

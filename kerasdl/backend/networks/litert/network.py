"""A network as LiteRT reads it, which was TensorFlow Lite. Needs LiteRT."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def network(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from a batch of inputs to their outputs."""
    interpreter = Interpreter(str(folder / "model.tflite"))
    [given], [made] = interpreter.get_input_details(), interpreter.get_output_details()

    def outputs_of(batch: np.ndarray) -> np.ndarray:
        interpreter.resize_tensor_input(given["index"], batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], batch)
        interpreter.invoke()
        return interpreter.get_tensor(made["index"])

    return outputs_of

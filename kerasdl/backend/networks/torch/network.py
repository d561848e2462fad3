"""A network as a program of PyTorch. Needs PyTorch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch


def network(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from a batch of inputs to their outputs."""
    program = torch.export.load(folder / "model.pt2").module()

    def outputs_of(batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return program(torch.from_numpy(batch)).numpy()

    return outputs_of

"""The outputs of a model under PyTorch, recorded for each shape of a batch."""

from collections.abc import Callable, Hashable
from typing import Any

import keras
import numpy as np
import torch
from keras import ops, tree

from kerasdl.backend.fused.torch_graph import NotRecordableError
from kerasdl.backend.fused.torch_record import Record, packed, record

MOST_SHAPES = 16
"""Limit on the records that are kept."""


class Outputs:
    """A function of a batch that returns what a model predicts.

    The model's weights may change afterwards, its layers and their dtypes may not.

    Args:
        model: The model.
        report: Called with the reason if its outputs cannot be recorded; Keras's own
            `predict_on_batch` returns them then.
    """

    def __init__(self, model: keras.Model, report: Callable[[str], Any]):
        self.model = model
        self.report = report
        self.recorded: dict[Hashable, tuple[Record, Any]] | None = {}

    def __call__(self, batch: Any) -> Any:
        """Return NumPy arrays of their own, in the structure of the model's outputs."""
        if self.recorded is None:
            return self.model.predict_on_batch(batch)
        leaves = [ops.convert_to_tensor(leaf) for leaf in tree.flatten(batch)]
        structure = str(tree.map_structure(lambda _: 0, batch))
        key = (structure, *((leaf.shape, leaf.dtype) for leaf in leaves))
        if key not in self.recorded:
            if len(self.recorded) == MOST_SHAPES:
                self.recorded.clear()
            try:
                self.recorded[key] = self._record(batch, leaves)
            except NotRecordableError as fault:
                self.recorded = None
                self.report(str(fault))
                return self.model.predict_on_batch(batch)
        recorded, structure = self.recorded[key]
        found, _ = recorded(leaves)
        # Outputs may be weights, constants, or one another.
        arrays = [np.array(ops.convert_to_numpy(each)) for each in found.values()]
        return tree.pack_sequence_as(structure, arrays)

    def _record(self, batch: Any, leaves: list[torch.Tensor]) -> tuple[Record, Any]:
        """Return the record of a batch's shapes, and the structure of the outputs."""
        structure: Any = None

        def pure(model: keras.Model, batch: Any) -> tuple[dict[str, Any], list]:
            nonlocal structure
            with torch.no_grad():
                found = model(batch, training=False)
            structure = tree.map_structure(lambda _: 0, found)
            return {str(n): each for n, each in enumerate(tree.flatten(found))}, []

        with torch.no_grad():
            self.model(packed(batch, leaves), training=False)  # builds it, if need be
            made = record(self.model, pure, batch, leaves, compile_it=False)
        return made, structure

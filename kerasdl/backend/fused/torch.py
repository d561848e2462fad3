"""Fused steps for PyTorch: each step recorded once per batch shape, and replayed."""

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
import torch
from keras import tree
from keras.src.backend.torch.core import convert_to_tensor, get_device

from kerasdl.backend.fused.non_finite import skip_count, statistics
from kerasdl.backend.fused.overrides import overrides
from kerasdl.backend.fused.rows import Rows, RowsAdapter
from kerasdl.backend.fused.torch_compile import NotCompilableError
from kerasdl.backend.fused.torch_hooks import Hooks
from kerasdl.backend.fused.torch_record import (
    NotRecordableError,
    Record,
    packed,
    record,
)
from kerasdl.backend.fused.torch_recordable_step import Gradients, evaluated, trained
from kerasdl.backend.fused.torch_state import PythonState, called_learning_rate
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.step_notes import begin_step

MOST_SHAPES = 16
"""The most batch shapes to record; with more, recording would take all the time."""
MOST_RENEWALS = 64
"""The most renewals of records; a value that changes more often always changes."""
Step = Callable[[Any], dict[str, Any] | None]
"""Takes a batch; returns the logs, or None if they are the metrics' results."""


def obstacle(model: keras.Model) -> str | None:
    """Return why the model cannot be fused, or None."""
    if model.jit_compile:
        return "torch.compile is on (jit_compile)"
    wrapper = keras.layers.TorchModuleWrapper
    for layer in flatten_layers(model):
        if isinstance(layer, wrapper):
            return (
                f"{type(layer.module).__name__} is a PyTorch module, not a Keras layer"
            )
    return None


def keras_fuses() -> bool:
    """Return whether this version of Keras records the step by itself."""
    return False


def reads_trainable() -> Literal["each step"]:
    """Return when Keras's `fit` reads which layers and variables are trainable."""
    return "each step"


def may_look_ahead(adapter: Any) -> bool:
    """Return whether batches may be drawn before the steps that precede them.

    Layers and data loaders draw from the same generator. So the order of draws matters,
    unless the order of an epoch is drawn at once.
    """
    return isinstance(adapter, RowsAdapter)


def takes_executions(adapter: Any) -> bool:
    """Return whether the functions take an `Execution` of the adapter's batches."""
    return True


def to_device(array: Any) -> torch.Tensor:
    """Put an array on the device."""
    return convert_to_tensor(array)


def take(data: Any, index: list[int]) -> Any:
    """Return the rows `index` of every tensor."""
    rows = convert_to_tensor(np.array(index))
    leaves = [tensor.index_select(0, rows) for tensor in _flat(data)]
    return packed(data, leaves)


def train_function(
    model: keras.Model, report: Callable[[str], None], *, compiled: bool
) -> Callable:
    """Return the fused `model.train_function`."""
    if overrides(model, "train_step"):
        report(f"{model.name} overrides train_step, which is not recorded")
        return _unrecorded(_keep_statistics_if_skipped(model))
    return _Recorder(
        model, trained, _keep_statistics_if_skipped(model), report, compiled
    )


def test_function(
    model: keras.Model, report: Callable[[str], None], *, compiled: bool
) -> Callable:
    """Return the fused `model.test_function`."""
    step = torch.no_grad()(model.test_step)
    if overrides(model, "test_step"):
        report(f"{model.name} overrides test_step, which is not recorded")
        return _unrecorded(step)
    return _Recorder(model, evaluated, step, report, compiled)


def _keep_statistics_if_skipped(model: keras.Model) -> Step:
    """Return Keras's own step, which keeps statistics and metrics if it is skipped."""

    def step(batch: Any) -> dict[str, Any]:
        if (count := skip_count(model)) is None:
            return model.train_step(batch)
        variables = statistics(model)
        previous = [variable.value.detach().clone() for variable in variables]
        logs = model.train_step(batch)
        if count.value > 0:
            for variable, value in zip(variables, previous, strict=True):
                variable.assign(value)
        return logs

    return step


def _unrecorded(step: Step) -> Callable:
    def function(batches: list) -> dict[str, Any]:
        logs = {}
        for batch in batches:
            if isinstance(batch, Rows):
                batch = take(batch.data, batch.index)
            logs = step(batch) or {}
        return logs

    return function


class _Recorder:
    """The train or test function of an execution, recorded for each batch shape.

    Args:
        model: The model.
        pure: The step to record, a function of the model and a batch.
        plain: Keras's own step, for what cannot be recorded.
        report: Called with the reason if a step is not recorded or not compiled.
        compiled: Whether PyTorch compiles the record.
    """

    def __init__(
        self,
        model: keras.Model,
        pure: Callable[[keras.Model, Any], tuple[dict[str, Any], Gradients]],
        plain: Step,
        report: Callable[[str], None],
        compiled: bool,
    ):
        self.model = model
        self.pure = pure
        self.plain = plain
        self.report = report
        self.compiled = compiled
        self.recorded: dict[Any, Record] = {}
        self.recordable = True
        self.renewals = 0
        self.state = PythonState(model)
        self.hooks = Hooks(model)
        self.reported: set[str] = set()

    def __call__(self, batches: list) -> dict[str, Any]:
        logs, gradients, checked = None, (), False
        for batch in batches:
            # A data generator runs Python code between the steps.
            if not checked or not isinstance(batch, Rows):
                records, checked = self._may_record(), True
            logs, gradients = self._step(batch, records)
        for weight, gradient in gradients:  # as `backward` does
            weight.grad = gradient
        return self.model.get_metrics_result() if logs is None else logs

    def _may_record(self) -> bool:
        """Return whether records are usable now; discard outdated ones."""
        if not self.recordable:
            return False
        if hook := self.hooks.registered():
            if hook not in self.reported:
                self.report(f"{self.model.name} runs Keras's own step: {hook}")
                self.reported.add(hook)
            return False
        if changed := self.state.changed():
            self._renew(changed)
        return self.recordable

    def _renew(self, changed: str) -> None:
        """Discard records that were made with another Python state."""
        self.recorded.clear()
        self.state = PythonState(self.model)
        self.renewals += 1
        if self.renewals > MOST_RENEWALS:
            reason = f"{changed} changes too often"
            self.report(f"{self.model.name} runs Keras's own step: {reason}")
            self.recordable = False

    def _step(self, batch: Any, records: bool) -> tuple[Any, Any]:
        """Return the logs, and weights with gradients that are not in `.grad` yet."""
        begin_step()
        if isinstance(batch, Rows):
            rows = torch.tensor(batch.index, device=get_device())
            structure, leaves = batch.data, _flat(batch.data)
            leaves = [tensor.index_select(0, rows) for tensor in leaves]
        else:
            structure = batch
            leaves = [convert_to_tensor(leaf) for leaf in _flat(batch)]
        if not records or not self.recordable:
            return self.plain(packed(structure, leaves)), ()
        key = _signature(structure, leaves)
        if key not in self.recorded:
            try:
                self.recorded[key] = self._record(structure, leaves)
            except NotRecordableError as fault:
                self.report(f"{self.model.name} runs Keras's own step: {fault}")
                self.recordable = False
                begin_step()
                return self.plain(packed(structure, leaves)), ()
        return self.recorded[key](leaves)

    def _record(self, structure: Any, leaves: list[torch.Tensor]) -> Record:
        if called_learning_rate(self.model):
            raise NotRecordableError("the learning rate is a callable")
        if self.state.unwatchable:
            raise NotRecordableError(self.state.unwatchable)
        if len(self.recorded) == MOST_SHAPES:
            raise NotRecordableError(f"batches have more than {MOST_SHAPES} shapes")
        previous_state = self.state
        previous_state.hold_generators()
        try:
            for _ in range(2):  # a first call may cache values for all others
                step = self._compiled_or_not(structure, leaves)
                changed = self.state.changed_by_step()
                if changed is None:
                    return step
                self.state = PythonState(self.model)
            raise NotRecordableError(f"a step changes {changed}")
        except NotRecordableError:
            previous_state.restore()
            raise

    def _compiled_or_not(self, structure: Any, leaves: list[torch.Tensor]) -> Record:
        arguments = self.model, self.pure, structure, leaves
        if self.compiled:
            try:
                return record(*arguments, compile_it=True)
            except NotCompilableError as fault:
                self.report(f"{self.model.name} is recorded but not compiled: {fault}")
                self.compiled = False
        return record(*arguments, compile_it=False)


def _signature(structure: Any, leaves: list[torch.Tensor]) -> Any:
    """Return the properties of a batch that a record depends on."""
    key = tuple((leaf.shape, leaf.stride(), leaf.dtype) for leaf in leaves)
    if type(structure) is tuple and len(structure) == len(leaves):
        return key
    return key, str(tree.map_structure(lambda leaf: leaf is None, structure))


def _flat(batch: Any) -> list[torch.Tensor]:
    if type(batch) is tuple and all(isinstance(part, torch.Tensor) for part in batch):
        return list(batch)  # the usual case; `flatten` takes longer than a step
    return [leaf for leaf in tree.flatten(batch) if leaf is not None]

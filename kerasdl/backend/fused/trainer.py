"""Put fused functions into the `fit` and `evaluate` of a model."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Literal

import keras
from keras import tree

from kerasdl.backend.fused.affordable_steps import affordable_steps
from kerasdl.backend.fused.batch_hooks import callback_needing_each_batch
from kerasdl.backend.fused.executions import group_steps
from kerasdl.backend.fused.overrides import overrides
from kerasdl.backend.fused.placement import put_on_device
from kerasdl.backend.fused.protocol import Fused
from kerasdl.backend.fused.rows import Rows, RowsAdapter
from kerasdl.backend.fused.trainable import (
    State,
    traced_with,
    trainable_state,
    warn_of_changes,
)
from kerasdl.backend.keras_internals import build_by_batch, build_hook
from kerasdl.backend.wrong_gradients import wrong_gradients

RUN = ("fit", "evaluate")
MAKE = ("make_train_function", "make_test_function")
UNFUSED = ("predict", "predict_on_batch", "train_on_batch", "test_on_batch")


class _CannotBuildError(Exception):
    """The model cannot be built before its first step."""


class FusedTrainer:
    """A wrapper around some methods of one model.

    Keras still builds the model, chooses the order of the batches, calls the callbacks
    and keeps the history. The wrapper replaces only the train and test functions, puts
    the data on the device and chooses `steps_per_execution`.

    Args:
        model: The model.
        fused: The module of the backend.
        steps: Steps in one execution, or `auto`.
        compiled: Whether to compile what is fused.
        report: Called with one line for each thing that is not fused.
    """

    def __init__(
        self,
        model: keras.Model,
        fused: Fused,
        steps: int | Literal["auto"],
        compiled: bool,
        report: Callable[[str], None],
    ):
        self.model = model
        self.fused = fused
        self.steps = steps
        self.compiled = compiled
        self.report = report
        self.running = False
        self.fusing = False
        self.chosen_steps: int | None = None
        self.own_steps = 1
        """The `steps_per_execution` of the model before a run chooses its own."""
        self.functions: dict[str, dict[Any, Callable]] = {}
        """The functions made since `compile`, by kind."""
        self.trainable: dict[str, State] = {}
        """What was trainable when the first of these was made, by kind."""
        self.reported: list[str] = []
        self.batch: Any = None
        """The outline of the last batch that Keras read, which it reads to build."""
        self.overridden = overrides(model, *RUN, *MAKE)

    def install(self) -> None:
        """Replace the methods."""
        self._replace("fit", functools.partial(self.run, training=True))
        self._replace("evaluate", functools.partial(self.run, training=False))
        for name in UNFUSED:
            self._replace(name, self.unfused)
        for name, kind in zip(MAKE, ("train_function", "test_function"), strict=True):
            self._replace(name, functools.partial(self.make_function, kind=kind))
        hook, lazily = build_hook(self.model)
        self._replace(hook, functools.partial(self.build, lazily=lazily))
        self.model.fused_trainer = self

    def _replace(self, name: str, replacement: Callable) -> None:
        original = getattr(self.model, name)

        @functools.wraps(original)
        def method(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, args, kwargs)

        setattr(self.model, name, method)

    def run(self, original: Callable, args: tuple, kwargs: dict, training: bool) -> Any:
        """Run `fit` or `evaluate` with fused steps."""
        if not self.model.compiled or self.overridden:
            if self.overridden and not self.running:
                self._report_obstacle(f"it overrides {self.overridden}")
            return original(*args, **kwargs)
        call = inspect.signature(original).bind(*args, **kwargs)
        if training and self.fused.reads_trainable() != "each step":
            warn_of_changes(self.model)
        with self._started(call.arguments.get("callbacks")):
            if self.fusing and not self.fused.keras_fuses():
                put_on_device(call.arguments, self.fused.to_device, training=training)
            try:
                return original(*call.args, **call.kwargs)
            except _CannotBuildError as fault:
                line = str(fault).partition("\n")[0]
                self._report_obstacle(f"it cannot be built before it trains: {line}")
                self.fusing = False
                return original(*args, **kwargs)

    def unfused(self, original: Callable, args: tuple, kwargs: dict) -> Any:
        """Run a method that is not fused, perhaps from a callback during `fit`."""
        if not self.running:
            return original(*args, **kwargs)
        model = self.model
        fusing, steps = self.fusing, model.steps_per_execution
        functions = model.train_function, model.test_function
        self.fusing, model.steps_per_execution = False, self.own_steps
        try:
            return original(*args, **kwargs)
        finally:
            self.fusing, model.steps_per_execution = fusing, steps
            # One of them is running. A new one stays if there was none.
            model.train_function = functions[0] or model.train_function
            model.test_function = functions[1] or model.test_function

    @contextlib.contextmanager
    def _started(self, callbacks: Any) -> Iterator[None]:
        """Decide what can be fused; restore the model's settings at exit."""
        model = self.model
        previous = self.running, self.fusing, self.chosen_steps
        steps = model.steps_per_execution
        if not self.running:
            obstacle = "run_eagerly is on" if model.run_eagerly else None
            obstacle = obstacle or self.fused.obstacle(model)
            if obstacle:
                self._report_obstacle(obstacle)
            self.running, self.fusing = True, obstacle is None
            self.own_steps = steps
        self.chosen_steps = self._requested_steps(callbacks, silent=previous[0])
        try:
            yield
        finally:
            self.running, self.fusing, self.chosen_steps = previous
            model.steps_per_execution = steps

    def _report_obstacle(self, obstacle: str) -> None:
        self.report(f"{self.model.name} trains with Keras's own step: {obstacle}")

    def _requested_steps(self, callbacks: Any, *, silent: bool) -> int | None:
        """Return the steps if they are fixed; None if they depend on the batches."""
        if isinstance(self.steps, int):
            return self.steps
        if self.own_steps != 1 or not self.fusing:
            return self.own_steps
        if name := callback_needing_each_batch(callbacks):
            if not silent:
                self.report(f"one step per execution: {name} needs each batch")
            return 1
        return None

    def build(
        self, original: Callable, args: tuple, kwargs: dict, lazily: bool
    ) -> None:
        """Build what Keras would build, from the same batch; then choose the steps."""
        iterator = kwargs.get("iterator")
        if iterator is None or not self.fusing or self.fused.keras_fuses():
            original(*args, **kwargs)
            return
        adapter = iterator.data_adapter
        iterator.steps_per_execution = 1
        original(iterator=self._batches(iterator))
        if isinstance(adapter, RowsAdapter):
            self.batch = _outline(adapter.data, adapter.batch_size)
            if lazily:
                self._build_early()
        if self.chosen_steps is None:
            known = self.batch is not None and self.fused.may_look_ahead(adapter)
            self.chosen_steps = affordable_steps(self.model, self.batch) if known else 1
        self.model.steps_per_execution = self.chosen_steps
        iterator.steps_per_execution = self.chosen_steps
        if self.fused.takes_executions(adapter):
            group_steps(iterator, self.chosen_steps)

    def _batches(self, iterator: Any) -> Iterator[tuple[int, int, list]]:
        for begin, end, batches in iterator:
            batch = batches[0] if isinstance(batches, list) else next(batches)
            if isinstance(batch, Rows):
                adapter = iterator.data_adapter
                batch = self.fused.take(adapter.data, batch.index)
            self.batch = _outline(batch)
            yield begin, end, [batch]

    def _build_early(self) -> None:
        try:
            build_by_batch(self.model, self.batch)
        except Exception as fault:
            raise _CannotBuildError(str(fault)) from fault

    def make_function(
        self, original: Callable, args: tuple, kwargs: dict, kind: str
    ) -> None:
        """Make a new train or test function if anything it depends on changed."""
        model = self.model
        known = kind in self.functions and getattr(model, kind) is not None
        if not known or any(args) or kwargs.get("force"):
            self.functions[kind] = {}
            self.trainable[kind] = trainable_state(model)
        key = (self.fusing, self.compiled, model.steps_per_execution)
        if self.fused.reads_trainable() == "each step":
            key += tuple(flag for _, flag in trainable_state(model))
        if kind == "train_function":
            lines = [str(finding) for finding in wrong_gradients(model)]
            lines = [line for line in lines if line not in self.reported]
            self.reported += lines  # a model may be built only by its first training
            for line in lines:
                self.report(line)
        functions = self.functions[kind]
        if key not in functions:
            functions[key] = self._make(original, kind)
        setattr(model, kind, functions[key])

    def _make(self, original: Callable, kind: str) -> Callable:
        if self.fused.reads_trainable() == "first trace":
            step = kind.replace("function", "step")
            with traced_with(self.trainable[kind], self.model, step):
                return self._make_now(original, kind)
        return self._make_now(original, kind)

    def _make_now(self, original: Callable, kind: str) -> Callable:
        if self.fusing and not self.fused.keras_fuses():
            make = getattr(self.fused, kind)
            return make(self.model, self.report, compiled=self.compiled)
        original(force=True)
        return getattr(self.model, kind)


def _outline(data: Any, batch_size: int | None = None) -> Any:
    """Return the shapes and dtypes of a batch."""

    def outline(leaf: Any) -> keras.KerasTensor | None:
        if leaf is None:
            return None
        dtype = keras.backend.standardize_dtype(leaf.dtype)
        return keras.KerasTensor((batch_size or leaf.shape[0], *leaf.shape[1:]), dtype)

    return tree.map_structure(outline, data)

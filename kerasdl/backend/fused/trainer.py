"""Put fused functions into a model's own `fit` and `evaluate`."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Literal

import keras
from keras.src import tree
from keras.src.trainers.data_adapters import array_slicing

from kerasdl.backend.feed import Feed
from kerasdl.backend.fused.protocol import Fused
from kerasdl.backend.fused.rows import (
    Rows,
    RowsAdapter,
    rows_of_arrays,
    rows_of_feed,
)
from kerasdl.backend.fused.steps import affordable_steps, who_needs_each_batch


class FusedTrainer:
    """Stand in front of some methods of one model.

    Keras still builds what is not built, chooses the order of the batches, calls the
    callbacks and keeps the history. Only its train and test functions are replaced,
    the data put on the device, and `steps_per_execution` chosen.

    Args:
        model: The model.
        fused: The module of the backend.
        steps: Steps in one execution, or `auto`.
        report: Takes a line for each thing that is not fused.
    """

    def __init__(
        self,
        model: keras.Model,
        fused: Fused,
        steps: int | Literal["auto"],
        report: Callable[[str], None],
    ):
        self.model = model
        self.fused = fused
        self.steps = steps
        self.report = report
        self.running = False
        self.fusing = False
        self.stamps: dict[str, Any] = {}
        self.batch: Any = None
        """The outline of the last batch seen: Keras looks only when it must build."""

    def install(self) -> None:
        """Replace the methods."""
        replacements = {
            "fit": self.run,
            "evaluate": self.run,
            "predict": self.predict,
            self._build_hook(): self.build,
            "make_train_function": self.make_function,
            "make_test_function": self.make_function,
        }
        for name, replacement in replacements.items():
            former = getattr(self.model, name)
            bound = functools.wraps(former)(functools.partial(replacement, former))
            setattr(self.model, name, bound)
        self.model.fused_trainer = self

    def _build_hook(self) -> str:
        """Return the method that `fit` calls with its iterator, before training.

        That of TensorFlow leaves building to the first step, where a loop is too late.
        """
        lazily = "_maybe_symbolic_build"
        return lazily if hasattr(self.model, lazily) else "_symbolic_build"

    def run(self, former: Callable, *args: Any, **kwargs: Any) -> Any:
        """Fit or evaluate, fused."""
        call = inspect.signature(former).bind(*args, **kwargs)
        with self._started(call.arguments.get("callbacks")):
            if self.fusing and not self.fused.keras_fuses():
                self._put_on_device(call, training=former.__name__ == "fit")
            return former(*call.args, **call.kwargs)

    def predict(self, former: Callable, *args: Any, **kwargs: Any) -> Any:
        """Predict, in single steps: these are not fused."""
        steps = self.model.steps_per_execution
        self.model.steps_per_execution = 1
        try:
            return former(*args, **kwargs)
        finally:
            self.model.steps_per_execution = steps

    @contextlib.contextmanager
    def _started(self, callbacks: Any) -> Iterator[None]:
        """Decide what can be fused; leave the model's settings as they were."""
        model = self.model
        if self.running or not model.compiled:
            yield
            return
        obstacle = "run_eagerly is on" if model.run_eagerly else None
        obstacle = obstacle or self.fused.obstacle(model)
        if obstacle:
            self.report(f"{model.name} trains with Keras's own step: {obstacle}")
        former = model.steps_per_execution
        self.running, self.fusing = True, obstacle is None
        self.chosen_steps = self._steps_asked_for(callbacks)
        try:
            yield
        finally:
            self.running = self.fusing = False
            model.steps_per_execution = former

    def _steps_asked_for(self, callbacks: Any) -> int | None:
        """Return the steps if somebody fixed them; None leaves them to the batches."""
        if isinstance(self.steps, int):
            return self.steps
        if self.model.steps_per_execution != 1:
            return self.model.steps_per_execution
        if name := who_needs_each_batch(callbacks):
            self.report(f"one step per execution: {name} needs each batch")
            return 1
        return None

    def _put_on_device(self, call: inspect.BoundArguments, *, training: bool) -> None:
        """Replace the arrays of a call by adapters of row numbers."""
        given = call.arguments
        validation = given.get("validation_data")
        x, y, weight = (given.get(name) for name in ("x", "y", "sample_weight"))
        if given.get("validation_split") and validation is None:
            arrays, validation = array_slicing.train_validation_split(
                (x, y, weight), validation_split=given["validation_split"]
            )
            x, y, weight = arrays
            given |= {"x": x, "y": y, "sample_weight": weight, "validation_split": 0.0}
            given["validation_data"] = validation
        if isinstance(x, Feed):
            rows = rows_of_feed(self.fused.to_device, x)
        else:
            rows = rows_of_arrays(
                self.fused.to_device,
                x=x,
                y=y,
                sample_weight=weight,
                class_weight=given.get("class_weight"),
                batch_size=given.get("batch_size"),
                steps=given.get("steps_per_epoch" if training else "steps"),
                shuffle=given.get("shuffle", True) if training else False,
            )
        if rows:
            replaced = ("y", "sample_weight", "class_weight")
            given |= {"x": rows} | {name: None for name in replaced if name in given}
        if isinstance(validation, (tuple, list)):
            x, y, weight = keras.utils.unpack_x_y_sample_weight(tuple(validation))
            held_out = rows_of_arrays(
                self.fused.to_device,
                x=x,
                y=y,
                sample_weight=weight,
                batch_size=given.get("validation_batch_size")
                or given.get("batch_size"),
                steps=given.get("validation_steps"),
            )
            if held_out:
                given["validation_data"] = held_out

    def build(
        self, former: Callable, iterator: Any = None, data_batch: Any = None
    ) -> None:
        """Build what Keras would build, from the same batch; then choose the steps."""
        if iterator is None or not self.fusing:
            former(iterator=iterator, data_batch=data_batch)
            return
        iterator.steps_per_execution = 1
        former(iterator=self._batches(iterator), data_batch=data_batch)
        adapter = iterator.data_adapter
        if isinstance(adapter, RowsAdapter):
            self._remember(adapter.batch_size, adapter.data)
            self.model._symbolic_build(data_batch=self.batch)
        if self.chosen_steps is None:
            self.chosen_steps = 1
            known = self.batch is not None and self.model.built
            if known and self.fused.may_look_ahead(adapter):
                arrays = [part for part in tree.flatten(self.batch) if part is not None]
                self.chosen_steps = affordable_steps(self.model, arrays)
        iterator.steps_per_execution = self.chosen_steps
        self.model.steps_per_execution = self.chosen_steps
        _end_with_the_epoch(iterator)

    def _batches(self, iterator: Any) -> Iterator[tuple[int, int, list]]:
        for begin, end, batches in iterator:
            batch = batches[0] if isinstance(batches, list) else next(batches)
            if isinstance(batch, Rows):
                adapter = iterator.data_adapter
                first = batch.index[: adapter.batch_size]
                batch = self.fused.take(adapter.data, first)
            self._remember(None, batch)
            yield begin, end, [batch]

    def _remember(self, batch_size: int | None, data: Any) -> None:
        def outline(leaf: Any) -> keras.KerasTensor | None:
            if leaf is None:
                return None
            dtype = keras.backend.standardize_dtype(leaf.dtype)
            return keras.KerasTensor(
                (batch_size or leaf.shape[0], *leaf.shape[1:]), dtype
            )

        self.batch = tree.map_structure(outline, data)

    def make_function(self, former: Callable, force: bool = False) -> None:
        """Make the train or test function anew if anything it depends on changed."""
        model = self.model
        training = former.__name__ == "make_train_function"
        kind = "train_function" if training else "test_function"
        trainable = tuple(variable.trainable for variable in model.variables)
        stamp = (self.fusing, model.steps_per_execution, trainable)
        stale = force or self.stamps.get(kind) != stamp
        if getattr(model, kind) is not None and not stale:
            return
        self.stamps[kind] = stamp
        if self.fusing and not self.fused.keras_fuses():
            setattr(model, kind, getattr(self.fused, kind)(model, self.report))
        else:
            former(force=True)


def _end_with_the_epoch(iterator: Any) -> None:
    """Let the last execution of an epoch take the steps that are left, and no more."""
    if "_enumerate_iterator" in vars(iterator):
        return
    enumerate_all = iterator._enumerate_iterator

    def enumerate_epoch() -> Iterator[tuple[int, int, Any]]:
        steps = iterator.steps_per_execution
        try:
            for begin, end, batches in enumerate_all():
                if iterator.num_batches:
                    end = min(end, iterator.num_batches - 1)
                    iterator.steps_per_execution = end - begin + 1
                yield begin, end, batches
        finally:
            iterator.steps_per_execution = steps

    iterator._enumerate_iterator = enumerate_epoch

"""The one door to what Keras does not document.

Names of `keras.src`, and attributes of Keras's objects that begin with an underscore, are
used here alone. A version of Keras that lacks one causes no ImportError and no other
result: `kerasdl.accelerate` reports it and leaves the model to Keras's own step; a
feature with another way takes it, with a `KerasInternalsWarning`; one without raises a
`BackendError` that names what is missing.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kerasdl.backend.lookup import (
    Replaceable,
    attribute,
    find_class,
    find_function,
    find_module,
    lost,
    missing,
    warn,
)

_ADAPTERS = "keras.src.trainers.data_adapters"
EpochIterator = find_class("keras.src.trainers.epoch_iterator", "EpochIterator")
DataAdapter = find_class(f"{_ADAPTERS}.data_adapter", "DataAdapter")
ArrayDataAdapter = find_class(f"{_ADAPTERS}.array_data_adapter", "ArrayDataAdapter")
train_validation_split = find_function(
    f"{_ADAPTERS}.array_slicing", "train_validation_split"
)
convert_to_sliceable = find_function(
    f"{_ADAPTERS}.array_slicing", "convert_to_sliceable"
)
is_other_tensor = tuple(
    find_function(f"{_ADAPTERS}.data_adapter_utils", name)
    for name in ("is_jax_sparse", "is_tensorflow_ragged", "is_tensorflow_sparse")
)
"""Tell tensors that are not dense."""
dtype_size = find_function("keras.src.utils.dtype_utils", "dtype_size")
get_keras_mask = find_function("keras.src.backend", "get_keras_mask")
set_keras_mask = find_function("keras.src.backend", "set_keras_mask")
apply_mask = find_function("keras.src.losses.loss", "apply_mask")
keras_backend = find_module("keras.src.backend")
"""Where layers look their backend's functions up."""
base_optimizer = find_module("keras.src.optimizers.base_optimizer")
"""Where optimizers look the clipping of gradients up."""
ENUMERATION = Replaceable(EpochIterator, "_enumerate_iterator")
"""Yields, for each execution of an epoch, its first and last step, and all batches."""
READING_A_NODE = Replaceable(
    find_module("keras.src.models.functional"), "deserialize_node"
)
"""Called for each call of a layer in a model that is built from its config."""
_dtypes = find_module("keras.src.backend.common.dtypes")
_seed_generator = find_module("keras.src.random.seed_generator")
_global_state = find_module("keras.src.backend.common.global_state")
DOWNLOADING = Replaceable(find_module("keras.src.utils.file_utils"), "urlretrieve")


def _is_never_default(method: Any) -> bool:
    warn("is_default", "each callback with a batch hook is taken to need each batch")
    return False


is_default = find_function(
    "keras.src.utils.python_utils", "is_default", instead=_is_never_default
)
"""Tells whether a batch hook is the empty one of `keras.callbacks.Callback`."""


get_stateless_scope = find_function(
    "keras.src.backend.common.stateless_scope", "get_stateless_scope"
)


def lost_by_fused_steps(model: keras.Model) -> str | None:
    """Return what Keras lacks that the fused steps of a model may need, or None."""
    needed = [
        *((model, name) for name in ("_flatten_layers", "_seed_generators")),
        *((model, name) for name in ("_symbolic_build", "_compile_metrics")),
        (EpochIterator, "_enumerate_iterator"),
    ]
    gone = (name for of, name in needed if not hasattr(of, name))
    return next(iter(lost), None) or next(gone, None)


def flatten_layers(layer: Any) -> list[Any]:
    """Return a layer or model and all layers in it, each once, parents first."""
    return attribute(layer, "_flatten_layers")()


def seed_generators(layer: Any) -> list[keras.random.SeedGenerator]:
    """Return the generators of a layer's own, without those of layers in it."""
    return attribute(layer, "_seed_generators")


def known_seed_generator() -> keras.random.SeedGenerator | None:
    """Return the generator of what is given no seed, or None if nothing drew yet."""
    key = attribute(_seed_generator, "GLOBAL_SEED_GENERATOR")
    return attribute(_global_state, "get_global_attribute")(key)


def made_seed_generator() -> keras.random.SeedGenerator:
    """Return that generator; making it draws from Python's."""
    return attribute(_seed_generator, "global_seed_generator")()


def trained_variables(optimizer: Any) -> list[keras.Variable]:
    """Return the variables that an optimizer was built for, in their order."""
    return attribute(optimizer, "_trainable_variables")


def moving_averages(optimizer: Any) -> list[keras.Variable]:
    """Return the averages of the trained variables, of an optimizer with `use_ema`."""
    return attribute(optimizer, "_model_variables_moving_average")


def variable_index(optimizer: Any, variable: Any) -> int:
    """Return the place of a variable among those that an optimizer was built for."""
    return attribute(optimizer, "_get_variable_index")(variable)


def step_count(optimizer: Any) -> keras.Variable:
    """Return the variable that learning-rate schedules are called with.

    `iterations` is not, where Keras accumulates gradients.
    """
    return attribute(optimizer, "_iterations")


def begin_at(model: Any, epoch: int | None) -> None:
    """Let the `fit` that is about to begin do so at an epoch (0-based).

    Args:
        model: The model.
        epoch: The epoch; None leaves it to the argument of `fit`, as it is by default.

    Raises:
        BackendError: If `fit` would begin at another epoch.
    """
    if hasattr(model, "_initial_epoch"):
        model._initial_epoch = epoch
    elif epoch is not None:
        raise missing("Trainer._initial_epoch")


def unsynced_model(callback: keras.callbacks.Callback) -> Any:
    """Return a callback's model, whose variables may be behind under JAX.

    `callback.model` copies the state of the run into them first.
    """
    if hasattr(callback, "_model"):
        return callback._model
    warn("Callback._model", "under JAX the model is brought up to date more often")
    return callback.model


def build_by_batch(model: Any, batch: Any) -> None:
    """Build model, metrics and loss by the shapes and dtypes of a batch."""
    attribute(model, "_symbolic_build")(data_batch=batch)


def build_hook(model: Any) -> tuple[str, bool]:
    """Return the method by which `fit` builds a model, and whether it may build nothing.

    That of TensorFlow leaves building to the first step.
    """
    lazily = hasattr(model, "_maybe_symbolic_build")
    return "_maybe_symbolic_build" if lazily else "_symbolic_build", lazily


def trainable_when_compiled(model: Any) -> dict[Any, bool]:
    """Return which layers were trainable when a model was compiled; none if unknown."""
    return getattr(model, "_compiled_trainable_state", {})


def warn_of_trainable_changes(model: Any) -> None:
    """Let Keras warn if layers were frozen or unfrozen since the model was compiled."""
    attribute(model, "_warn_if_trainable_state_changed")()


def set_own_trainable(part: Any, trainable: bool) -> None:
    """Set whether a layer or variable is trainable, and not what a layer has in it.

    Raises:
        BackendError: If that is not what would be read then.
    """
    attribute(part, "_trainable")
    part._trainable = trainable


def enumerate_by(iterator: Any, function: Callable[[], Iterator]) -> None:
    """Let an epoch iterator be enumerated by a function from now on."""
    iterator._enumerate_iterator = function


def is_enumerated_by_another(iterator: Any) -> bool:
    """Return whether `enumerate_by` was called on an epoch iterator."""
    return "_enumerate_iterator" in vars(iterator)


def enumerated(iterator: Any) -> Iterator[tuple[int, int, Any]]:
    """Return what Keras's own function yields for an epoch, if replaced or not."""
    return attribute(type(iterator), "_enumerate_iterator")(iterator)


def batch_counts(iterator: Any) -> tuple[int | None, int]:
    """Return how many batches the data have, if known, and how many are taken."""
    return attribute(iterator, "_num_batches"), attribute(iterator, "_steps_seen")


def watch_batches(iterator: Any, watch: Callable[[Iterator], Iterator]) -> bool:
    """Let the batches of each epoch pass through a function.

    Returns:
        Whether they will; if not, with a warning.
    """
    whole = getattr(iterator, "_get_iterator", None)
    if whole is None:
        warn("EpochIterator._get_iterator", "the order of the data is not compared")
        return False
    # `iter` draws an order, which must not wait for the first batch.
    iterator._get_iterator = lambda: watch(iter(whole()))
    return True


def keeps_order(adapter: Any) -> bool:
    """Return whether an adapter is known to feed arrays in the order they have."""
    shuffles = getattr(adapter, "_shuffle", True)
    return isinstance(adapter, ArrayDataAdapter) and not shuffles


def shortened_dtypes() -> dict[str, str]:
    """Return the dtypes of 64 bits with those that Keras makes of them; a change counts."""
    return attribute(_dtypes, "BIT64_TO_BIT32_DTYPE")


_ARRAYS = {"_inputs", "_num_samples", "_batch_size", "_size", "_partial_batch_size"}


def arrays_of(adapter: Any) -> Any:
    """Return the arrays that an adapter feeds; None, with a warning, if it hides them."""
    if gone := sorted(_ARRAYS - vars(adapter).keys()):
        warn(f"ArrayDataAdapter.{gone[0]}", "arrays go to the device batch by batch")
        return None
    return adapter._inputs


def of_row_numbers(adapter: Any) -> Any:
    """Return an adapter of the numbers of the rows, batched as the arrays would be."""
    rows = copy.copy(adapter)
    rows._inputs = (np.arange(adapter._num_samples, dtype="int32"),)
    return rows


def of_one_batch(adapter: Any) -> Any:
    """Return an adapter of the same arrays, in a single batch."""
    whole = copy.copy(adapter)
    whole._batch_size, whole._size = whole._num_samples, 1
    whole._partial_batch_size = 0
    return whole

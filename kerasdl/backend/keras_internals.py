"""The only module that uses undocumented names of Keras.

These are the names of `keras.src`, and attributes of Keras objects with a leading
underscore. A Keras version that lacks one causes no ImportError and no other result:

- `kerasdl.accelerate` reports it and leaves the model to Keras's own step.
- A feature with a fallback uses it, with a `KerasInternalsWarning`.
- A feature without a fallback raises a `BackendError` that names what is missing.
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
    missing,
    missing_names,
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
non_dense_checks = tuple(
    find_function(f"{_ADAPTERS}.data_adapter_utils", name)
    for name in ("is_jax_sparse", "is_tensorflow_ragged", "is_tensorflow_sparse")
)
"""Functions that each detect one kind of tensor that is not dense."""
dtype_size = find_function("keras.src.utils.dtype_utils", "dtype_size")
get_keras_mask = find_function("keras.src.backend", "get_keras_mask")
set_keras_mask = find_function("keras.src.backend", "set_keras_mask")
apply_mask = find_function("keras.src.losses.loss", "apply_mask")
keras_backend = find_module("keras.src.backend")
"""The module where layers look up the functions of the backend."""
base_optimizer = find_module("keras.src.optimizers.base_optimizer")
"""The module where optimizers look up gradient clipping."""
ENUMERATE_ITERATOR = Replaceable(EpochIterator, "_enumerate_iterator")
"""Yields the first and last step of each execution in an epoch, and all batches."""
DESERIALIZE_NODE = Replaceable(
    find_module("keras.src.models.functional"), "deserialize_node"
)
"""Called for each layer call when a model is built from its config."""
OPERATION_CALL = Replaceable(keras.Operation, "__call__")
"""Called for each call of a layer, or of an operation between layers."""
Functional = find_class("keras.src.models.functional", "Functional")
_dtypes = find_module("keras.src.backend.common.dtypes")
_seed_generator = find_module("keras.src.random.seed_generator")
_global_state = find_module("keras.src.backend.common.global_state")
URLRETRIEVE = Replaceable(find_module("keras.src.utils.file_utils"), "urlretrieve")


def _is_never_default(method: Any) -> bool:
    warn("is_default", "every callback with a batch hook is assumed to need each batch")
    return False


is_default = find_function(
    "keras.src.utils.python_utils", "is_default", fallback=_is_never_default
)
"""Tells whether a batch hook is the empty default of `keras.callbacks.Callback`."""


get_stateless_scope = find_function(
    "keras.src.backend.common.stateless_scope", "get_stateless_scope"
)


def missing_for_fused_steps(model: keras.Model) -> str | None:
    """Return a name that fused steps of a model may need and Keras lacks, or None."""
    needed = [
        *((model, name) for name in ("_flatten_layers", "_seed_generators")),
        *((model, name) for name in ("_symbolic_build", "_compile_metrics")),
        (EpochIterator, "_enumerate_iterator"),
    ]
    missing_attributes = (name for owner, name in needed if not hasattr(owner, name))
    return next(iter(missing_names), None) or next(missing_attributes, None)


def flatten_layers(layer: Any) -> list[Any]:
    """Return a layer or model and all layers in it, each once, parents first."""
    return attribute(layer, "_flatten_layers")()


def graph_calls(model: Any) -> list[Any]:
    """Return the nodes of a functional model or function, each after what it takes.

    A node has `operation`, `arguments`, `input_tensors` and `output_tensors`. Empty if
    the model is no graph of layers.
    """
    by_depth = getattr(getattr(model, "_functional", model), "_nodes_by_depth", {})
    return [node for depth in sorted(by_depth)[::-1] for node in by_depth[depth]]


def forget_calls(nodes: list[Any]) -> None:
    """Take nodes off the operations that they are calls of."""
    gone = {id(node) for node in nodes}
    for operation in {id(node.operation): node.operation for node in nodes}.values():
        for name in ("_inbound_nodes", "_outbound_nodes"):
            kept = [node for node in getattr(operation, name) if id(node) not in gone]
            getattr(operation, name)[:] = kept


def seed_generators(layer: Any) -> list[keras.random.SeedGenerator]:
    """Return the generators of a layer, without those of its sublayers."""
    return attribute(layer, "_seed_generators")


def existing_global_seed_generator() -> keras.random.SeedGenerator | None:
    """Return Keras's global seed generator, or None if nothing drew from it yet."""
    key = attribute(_seed_generator, "GLOBAL_SEED_GENERATOR")
    return attribute(_global_state, "get_global_attribute")(key)


def global_seed_generator() -> keras.random.SeedGenerator:
    """Return Keras's global seed generator; creating it draws from `random`."""
    return attribute(_seed_generator, "global_seed_generator")()


def trained_variables(optimizer: Any) -> list[keras.Variable]:
    """Return the variables that an optimizer was built for, in order."""
    return attribute(optimizer, "_trainable_variables")


def moving_averages(optimizer: Any) -> list[keras.Variable]:
    """Return the moving averages of an optimizer with `use_ema`."""
    return attribute(optimizer, "_model_variables_moving_average")


def variable_index(optimizer: Any, variable: Any) -> int:
    """Return the index of a variable among those that an optimizer was built for."""
    return attribute(optimizer, "_get_variable_index")(variable)


def is_decayed(optimizer: Any, variable: Any) -> bool:
    """Return whether an optimizer decays a variable, if it decays any."""
    return attribute(optimizer, "_use_weight_decay")(variable)


def step_count(optimizer: Any) -> keras.Variable:
    """Return the variable that learning-rate schedules are called with.

    With gradient accumulation in Keras, this is not `iterations`.
    """
    return attribute(optimizer, "_iterations")


def begin_at(model: Any, epoch: int | None) -> None:
    """Make the next `fit` begin at an epoch (0-based).

    Args:
        model: The model.
        epoch: The epoch. None restores the default: the argument of `fit` decides.

    Raises:
        BackendError: If `fit` would begin at another epoch.
    """
    if hasattr(model, "_initial_epoch"):
        model._initial_epoch = epoch
    elif epoch is not None:
        raise missing("Trainer._initial_epoch")


def unsynced_model(callback: keras.callbacks.Callback) -> Any:
    """Return a callback's model, whose variables may be outdated under JAX.

    `callback.model` first copies the training state into them.
    """
    if hasattr(callback, "_model"):
        return callback._model
    warn("Callback._model", "under JAX the variables are synced more often")
    return callback.model


def build_by_batch(model: Any, batch: Any) -> None:
    """Build model, metrics and loss from the shapes and dtypes of a batch."""
    attribute(model, "_symbolic_build")(data_batch=batch)


def build_hook(model: Any) -> tuple[str, bool]:
    """Return the method by which `fit` builds a model, and whether it may be lazy.

    The lazy method of TensorFlow leaves building to the first step.
    """
    lazily = hasattr(model, "_maybe_symbolic_build")
    return "_maybe_symbolic_build" if lazily else "_symbolic_build", lazily


def trainable_when_compiled(model: Any) -> dict[Any, bool]:
    """Return the `trainable` flags of layers at `compile`; empty if unknown."""
    return getattr(model, "_compiled_trainable_state", {})


def warn_of_trainable_changes(model: Any) -> None:
    """Let Keras warn if layers were frozen or unfrozen since `compile`."""
    attribute(model, "_warn_if_trainable_state_changed")()


def set_own_trainable(part: Any, trainable: bool) -> None:
    """Set the `trainable` flag of a layer or variable, but not of sublayers.

    Raises:
        BackendError: If Keras does not read this flag.
    """
    attribute(part, "_trainable")
    part._trainable = trainable


def enumerate_by(iterator: Any, function: Callable[[], Iterator]) -> None:
    """Make an epoch iterator use a function for its enumeration."""
    iterator._enumerate_iterator = function


def has_custom_enumeration(iterator: Any) -> bool:
    """Return whether `enumerate_by` was called on an epoch iterator."""
    return "_enumerate_iterator" in vars(iterator)


def enumerated(iterator: Any) -> Iterator[tuple[int, int, Any]]:
    """Return Keras's own enumeration of an epoch, even if it is replaced."""
    return attribute(type(iterator), "_enumerate_iterator")(iterator)


def batch_counts(iterator: Any) -> tuple[int | None, int]:
    """Return the number of batches of the data, if known, and of those taken."""
    return attribute(iterator, "_num_batches"), attribute(iterator, "_steps_seen")


def watch_batches(iterator: Any, watch: Callable[[Iterator], Iterator]) -> bool:
    """Pass the batches of each epoch through a function.

    Returns:
        Whether this Keras allows it. If not, a warning is emitted.
    """
    get_iterator = getattr(iterator, "_get_iterator", None)
    if get_iterator is None:
        warn("EpochIterator._get_iterator", "the order of the data is not compared")
        return False
    # `iter` draws the order; it must not wait for the first batch.
    iterator._get_iterator = lambda: watch(iter(get_iterator()))
    return True


def keeps_order(adapter: Any) -> bool:
    """Return whether an adapter is known to feed arrays in their stored order."""
    shuffles = getattr(adapter, "_shuffle", True)
    return isinstance(adapter, ArrayDataAdapter) and not shuffles


def narrowed_dtypes() -> dict[str, str]:
    """Return Keras's map of 64-bit dtypes to narrower ones; changing it has effect."""
    return attribute(_dtypes, "BIT64_TO_BIT32_DTYPE")


_ARRAY_ATTRIBUTES = {
    "_inputs",
    "_num_samples",
    "_batch_size",
    "_size",
    "_partial_batch_size",
}


def arrays_of(adapter: Any) -> Any:
    """Return the arrays that an adapter feeds; warn and return None if unknown."""
    if hidden := sorted(_ARRAY_ATTRIBUTES - vars(adapter).keys()):
        warn(f"ArrayDataAdapter.{hidden[0]}", "arrays go to the device batch by batch")
        return None
    return adapter._inputs


def row_number_adapter(adapter: Any) -> Any:
    """Return an adapter of row numbers, batched as the arrays would be."""
    rows = copy.copy(adapter)
    rows._inputs = (np.arange(adapter._num_samples, dtype="int32"),)
    return rows


def one_batch_adapter(adapter: Any) -> Any:
    """Return an adapter of the same arrays, in a single batch."""
    whole = copy.copy(adapter)
    whole._batch_size, whole._size = whole._num_samples, 1
    whole._partial_batch_size = 0
    return whole

"""Data that stay on the device, fed as batches of row numbers."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import tree

from kerasdl.backend import keras_internals
from kerasdl.backend.feed import Feed

RESIDENT_BYTES = 1 << 30
"""Arrays larger than this are sent to the device batch by batch."""


class Rows(NamedTuple):
    """A batch as row numbers.

    Args:
        index: The rows, of shape `(batch,)`.
        data: Tensors on the device, in the structure of a batch.
    """

    index: Any
    data: Any


class EpochRows(NamedTuple):
    """All batches of an epoch as row numbers.

    Args:
        order: The rows, of shape `(examples,)`.
        data: Tensors on the device, in the structure of a batch.
        batch_size: The number of examples per batch; the last may have fewer.
    """

    order: Any
    data: Any
    batch_size: Any


class RowsAdapter(keras_internals.DataAdapter):
    """An adapter that feeds `fit` row numbers instead of data.

    Args:
        data: The arrays on the device, in the structure of a batch.
        num_batches: The number of batches in an epoch.
        batch_size: The number of examples per batch; the last may have fewer.
    """

    def __init__(self, data: Any, num_batches: int, batch_size: int):
        self.data = data
        self._num_batches = num_batches
        self._batch_size = batch_size

    whole_epochs = keras.config.backend() == "tensorflow"
    """Whether the iterator yields a whole epoch at once."""

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch."""
        return self._num_batches

    @property
    def batch_size(self) -> int:
        """The number of examples per batch; the last may have fewer."""
        return self._batch_size

    def _orders(self) -> Iterable[Any]:
        """Return an iterable of row orders; each iteration yields that of an epoch."""
        raise NotImplementedError

    def get_tf_dataset(self) -> "WholeEpochs":
        """Return the batches of an epoch as one element.

        A dataset takes longer to yield a batch than a small network to train on it.
        """
        size = keras.ops.convert_to_tensor(self._batch_size, "int32")
        data = tree.lists_to_tuples(self.data)  # as Keras's datasets have it
        return WholeEpochs(self._orders, data, size)


class WholeEpochs:
    """The data that Keras iterates under TensorFlow, where an epoch is one element.

    Keras creates an iterator when an epoch begins and one more when it ends. An
    iterator does nothing until its element is requested.

    Args:
        orders: Returns an iterable with one element, the order of the rows.
        data: Tensors on the device, in the structure of a batch.
        batch_size: The number of examples per batch; the last may have fewer.
    """

    def __init__(self, orders: Callable[[], Iterable], data: Any, batch_size: Any):
        self.orders = orders
        self.data = data
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[EpochRows]:
        """Begin an epoch."""
        for order in self.orders():
            yield EpochRows(order, self.data, self.batch_size)


class ArrayRows(RowsAdapter):
    """The batches that Keras makes from arrays, as row numbers.

    Keras shuffles row numbers exactly as it would shuffle the data. The draws come from
    the same generator, so the batches are the same.

    Args:
        adapter: Keras's adapter of the arrays.
        data: The arrays on the device.
    """

    def __init__(self, adapter: Any, data: Any):
        super().__init__(data, adapter.num_batches, adapter.batch_size)
        self.rows = keras_internals.row_number_adapter(adapter)

    def get_jax_iterator(self) -> Iterable[Rows]:
        """Return the batches."""
        return (Rows(index, self.data) for (index,) in self.rows.get_numpy_iterator())

    def get_torch_dataloader(self) -> Iterable[Rows]:
        """Return the batches."""
        return _TorchRows(self.rows.get_torch_dataloader(), self.data)

    def _orders(self) -> Iterable[Any]:
        epoch = keras_internals.one_batch_adapter(self.rows)
        return without_autotune(epoch.get_tf_dataset().map(lambda index: index))


def without_autotune(dataset: Any) -> Any:
    """Return a TensorFlow dataset with autotuning off.

    Deleting an autotuned iterator waits for its next tuning, at growing intervals. That
    takes hundreds of milliseconds at the end of an epoch.
    """
    import tensorflow as tf  # only used by this backend

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _TorchRows:
    """The batches of a `DataLoader` over row numbers, without its cost per batch.

    An epoch still begins with the loader's draw from the generator, which goes unused.
    """

    def __init__(self, loader: Any, data: Any):
        self.loader = loader
        self.data = data

    def __iter__(self) -> Iterator[Rows]:
        iter(self.loader)
        return (Rows(index, self.data) for index in self.loader.batch_sampler)


class FeedRows(RowsAdapter):
    """The batches of a `Feed`, as row numbers.

    Args:
        feed: The feed.
        data: Its arrays on the device.
    """

    def __init__(self, feed: Feed, data: Any):
        super().__init__(data, len(feed), feed.batches.batch_size)
        self.feed = feed

    def get_jax_iterator(self) -> Iterable[Rows]:
        """Return the batches."""
        for number in range(len(self.feed)):
            yield Rows(self.feed.epoch.rows(number), self.data)

    def get_torch_dataloader(self) -> Iterable[Rows]:
        """Return the batches."""
        return self.get_jax_iterator()

    def _orders(self) -> Iterable[Any]:
        return [keras.ops.convert_to_tensor(self.feed.epoch.order.astype("int32"))]


def rows_of_feed(to_device: Callable[[Any], Any], feed: Feed) -> FeedRows | None:
    """Put the arrays of a feed on the device; return None if large or mixed."""
    arrays = feed.batches.resident()
    if arrays is None or not _is_small(arrays):
        return None
    return FeedRows(feed, _on_device(to_device, arrays))


def rows_of_arrays(to_device: Callable[[Any], Any], **arguments: Any) -> Any:
    """Put arrays on the device and feed them by row number.

    Args:
        to_device: Makes a tensor of an array.
        arguments: The arguments of Keras's `ArrayDataAdapter`.

    Returns:
        An `ArrayRows` for `fit(x=…)`. None if the data are not dense arrays, are large,
        or are shuffled within batches (`shuffle="batch"`).

    Raises:
        ValueError: If the arrays do not fit together, as in Keras.
    """
    arrays = [arguments.get(name) for name in ("x", "y", "sample_weight")]
    if arguments.get("shuffle") == "batch" or not _is_small(arrays):
        return None
    adapter = keras_internals.ArrayDataAdapter(**arguments)
    if (fed := keras_internals.arrays_of(adapter)) is None:
        return None
    return ArrayRows(adapter, _on_device(to_device, fed))


def _is_small(arrays: Any) -> bool:
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    if not leaves or not all(_is_dense(leaf) for leaf in leaves):
        return False
    return 0 < sum(map(_bytes, leaves)) <= RESIDENT_BYTES


def _is_dense(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.kind in "biuf" and leaf.ndim > 0
    if not keras.ops.is_tensor(leaf) or getattr(leaf, "is_sparse", False):
        return False
    return (
        not any(check(leaf) for check in keras_internals.non_dense_checks)
        and _bytes(leaf) > 0
    )


def _bytes(leaf: Any) -> int:
    dtype = keras.backend.standardize_dtype(leaf.dtype)
    if dtype == "string":
        return 0
    return math.prod(leaf.shape) * keras_internals.dtype_size(dtype) // 8


def _on_device(to_device: Callable[[Any], Any], arrays: Any) -> Any:
    sliceable = keras_internals.convert_to_sliceable(arrays, target_backend="numpy")
    return tree.map_structure(
        lambda part: None if part is None else to_device(part[:]), sliceable
    )

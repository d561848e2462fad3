"""Put the arrays given to `fit` or `evaluate` on the device, to be drawn from there."""

from collections.abc import Callable
from typing import Any

import keras

from kerasdl.backend import keras_internals
from kerasdl.backend.feed import Feed
from kerasdl.backend.fused.rows import rows_of_arrays, rows_of_feed


def put_on_device(
    given: dict[str, Any], to_device: Callable[[Any], Any], *, training: bool
) -> None:
    """Replace the arrays among a method's arguments by adapters of row numbers.

    Args:
        given: Arguments of `fit` or `evaluate` by name; changed.
        to_device: Puts a tree of arrays on the device.
        training: Whether they are those of `fit`.
    """
    validation = given.get("validation_data")
    x, y, weight = (given.get(name) for name in ("x", "y", "sample_weight"))
    if given.get("validation_split") and validation is None:
        arrays, validation = keras_internals.train_validation_split(
            (x, y, weight), validation_split=given["validation_split"]
        )
        x, y, weight = arrays
        given |= {"x": x, "y": y, "sample_weight": weight, "validation_split": 0.0}
        given["validation_data"] = validation
    shuffle = given.get("shuffle", True) if training else False
    labels = y, weight, given.get("class_weight")
    if type(x) is Feed:
        alone = all(part is None for part in labels) and not shuffle
        rows = rows_of_feed(to_device, x) if alone else None
    else:
        rows = rows_of_arrays(
            to_device,
            x=x,
            y=y,
            sample_weight=weight,
            class_weight=given.get("class_weight"),
            batch_size=given.get("batch_size"),
            steps=given.get("steps_per_epoch" if training else "steps"),
            shuffle=shuffle,
        )
    if rows:
        replaced = ("y", "sample_weight", "class_weight")
        given |= {"x": rows} | {name: None for name in replaced if name in given}
    if isinstance(validation, (tuple, list)):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(tuple(validation))
        held_out = rows_of_arrays(
            to_device,
            x=x,
            y=y,
            sample_weight=weight,
            batch_size=given.get("validation_batch_size") or given.get("batch_size"),
            steps=given.get("validation_steps"),
        )
        if held_out:
            given["validation_data"] = held_out

"""Put the arrays of `fit` or `evaluate` on the device, and feed row numbers."""

from collections.abc import Callable
from typing import Any

import keras

from kerasdl.backend import keras_internals
from kerasdl.backend.feed import Feed
from kerasdl.backend.fused.rows import rows_of_arrays, rows_of_feed


def put_on_device(
    arguments: dict[str, Any], to_device: Callable[[Any], Any], *, training: bool
) -> None:
    """Replace the arrays in a method's arguments by adapters of row numbers.

    Args:
        arguments: Arguments of `fit` or `evaluate` by name, changed in place.
        to_device: Puts a tree of arrays on the device.
        training: Whether the method is `fit`.
    """
    validation = arguments.get("validation_data")
    x, y, weight = (arguments.get(name) for name in ("x", "y", "sample_weight"))
    if arguments.get("validation_split") and validation is None:
        arrays, validation = keras_internals.train_validation_split(
            (x, y, weight), validation_split=arguments["validation_split"]
        )
        x, y, weight = arrays
        arguments |= {"x": x, "y": y, "sample_weight": weight, "validation_split": 0.0}
        arguments["validation_data"] = validation
    shuffle = arguments.get("shuffle", True) if training else False
    labels = y, weight, arguments.get("class_weight")
    if type(x) is Feed:
        is_plain = all(part is None for part in labels) and not shuffle
        rows = rows_of_feed(to_device, x) if is_plain else None
    else:
        rows = rows_of_arrays(
            to_device,
            x=x,
            y=y,
            sample_weight=weight,
            class_weight=arguments.get("class_weight"),
            batch_size=arguments.get("batch_size"),
            steps=arguments.get("steps_per_epoch" if training else "steps"),
            shuffle=shuffle,
        )
    if rows:
        replaced = ("y", "sample_weight", "class_weight")
        arguments |= {"x": rows} | {
            name: None for name in replaced if name in arguments
        }
    if isinstance(validation, (tuple, list)):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(tuple(validation))
        held_out = rows_of_arrays(
            to_device,
            x=x,
            y=y,
            sample_weight=weight,
            batch_size=arguments.get("validation_batch_size")
            or arguments.get("batch_size"),
            steps=arguments.get("validation_steps"),
        )
        if held_out:
            arguments["validation_data"] = held_out

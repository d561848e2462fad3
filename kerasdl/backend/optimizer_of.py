"""A trial of another optimizer."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras


@contextlib.contextmanager
def optimizer_of(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    made: dict[str, Any] | None = None,
) -> Iterator[None]:
    """Train by another optimizer inside the context, without compiling the model.

    Args:
        model: The model.
        optimizer: The other optimizer.
        made: Keeps the steps that are compiled inside, for the next trial of the same
            model and optimizer.
    """
    made = {} if made is None else made
    attributes, trainer = vars(model), getattr(model, "fused_trainer", None)
    previous = model.optimizer, model.train_function
    steps = (trainer.functions, trainer.trainable) if trainer else None
    attributes["optimizer"], model.train_function = optimizer, made.get("step")
    if trainer:
        trainer.functions, trainer.trainable = made.get("fused", ({}, {}))
    try:
        yield
    finally:
        made["step"] = model.train_function
        attributes["optimizer"], model.train_function = previous
        if trainer and steps:
            made["fused"] = trainer.functions, trainer.trainable
            trainer.functions, trainer.trainable = steps

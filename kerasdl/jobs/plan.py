"""Say what a run would be, without training."""

import math
from dataclasses import asdict
from typing import Any

import keras

from kerasdl.config import Config
from kerasdl.jobs import assemble


def total_steps(config: Config, examples: int) -> int:
    """Return the optimizer steps of a run that is not stopped early."""
    return config.training.epochs * math.ceil(examples / config.training.batch_size)


def plan(config: Config) -> dict[str, Any]:
    """Return the config, shapes, parameter count, steps and learning-rate endpoints.

    Raises:
        DataError: If the data cannot be learned from.
    """
    dataset = assemble.dataset(config)
    model = assemble.model(config, dataset.preprocessing)
    steps = total_steps(config, len(dataset.train))
    return {
        "config": asdict(config),
        "input_shape": list(dataset.preprocessing.input_shape),
        "output_shape": [dataset.preprocessing.num_outputs],
        "examples": {
            "train": len(dataset.train),
            "validation": len(dataset.validation),
            "test": len(dataset.test),
        },
        "parameters": model.count_params(),
        "trainable_parameters": sum(
            math.prod(v.shape) for v in model.trainable_weights
        ),
        "steps": steps,
        "learning_rate": {
            "first": learning_rate_at(assemble.schedule(config, steps), 0),
            "highest": config.optimizer.learning_rate,
            "last": learning_rate_at(assemble.schedule(config, steps), steps - 1),
        },
    }


def learning_rate_at(schedule: Any, step: int) -> float:
    """Return the learning rate of an optimizer step (0-based)."""
    if not callable(schedule):
        return schedule
    return float(keras.ops.convert_to_numpy(schedule(step)))

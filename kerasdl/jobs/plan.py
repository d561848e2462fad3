"""Plan a run without training it."""

import math
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from kerasdl.config import Config
from kerasdl.data.batches import steps_per_epoch, updates_per_epoch
from kerasdl.jobs import assemble
from kerasdl.jobs.batch_size import with_batch_size
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.results import check_monitor


def total_steps(config: Config, examples: int) -> int:
    """Return the optimizer steps of a run that is not stopped early."""
    training = config.training
    batches = steps_per_epoch(examples, training.examples_per_batch)
    return training.epochs * updates_per_epoch(batches, training.accumulate)


def plan(config: Config, download: bool = False) -> dict[str, Any]:
    """Return the config, columns, splits, findings, parameters, steps and rates.

    Args:
        config: The resolved config.
        download: As for `assemble.source`.

    Raises:
        ConfigError: If the data do not fit the model, or cannot be mixed.
        DataError: If the data cannot be learned from.
    """
    raw = assemble.source(config.data, download)
    dataset = prepare(raw, config)
    config = with_batch_size(config, len(dataset.train))
    model = assemble.model(config, dataset.encoding)
    steps = total_steps(config, len(dataset.train))
    assemble.batches(config, dataset)
    check_monitor(config, dataset)
    assemble.optimizer(config, model, steps)
    schedule = assemble.schedule(config, steps)
    rates = np.broadcast_to(learning_rates(schedule, np.arange(steps)), steps)
    return {
        "config": asdict(config),
        "columns": config.data.columns(raw),
        "input_shape": list(dataset.encoding.input_shape),
        "output_shape": list(dataset.encoding.output_shape),
        "examples": {
            "train": len(dataset.train),
            "validation": len(dataset.validation),
            "test": len(dataset.test),
        },
        "split": dataset.split,
        "findings": [str(finding) for finding in dataset.findings],
        "parameters": model.count_params(),
        "trainable_parameters": sum(
            math.prod(v.shape) for v in model.trainable_weights
        ),
        "steps": steps,
        "learning_rate": {
            "first": float(rates[0]),
            "highest": float(rates.max()),
            "last": float(rates[-1]),
        },
    }


def learning_rates(schedule: Any, steps: Any) -> np.ndarray:
    """Return the learning rates of optimizer steps (0-based), one for a constant."""
    if not callable(schedule):
        return np.array(schedule)
    return keras.ops.convert_to_numpy(schedule(steps))

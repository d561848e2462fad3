"""A preset, compiled as in a run."""

import keras

from kerasdl import config as configs
from kerasdl.backend.fused import accelerate
from kerasdl.data import Batches
from kerasdl.jobs import assemble
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.plan import total_steps


def prepared(preset: str) -> tuple[keras.Model, Batches]:
    """Return the fused model of a preset, compiled as in a run, and its batches."""
    config = configs.load(preset)
    parts = build_session(config)
    split, training = parts.dataset.train, config.training
    optimizer = assemble.optimizer(config, parts.model, total_steps(config, len(split)))
    parts.model.compile(optimizer, **assemble.compile_arguments(config))
    accelerate(parts.model)
    return parts.model, Batches(split, training.examples_per_batch, training.seed)

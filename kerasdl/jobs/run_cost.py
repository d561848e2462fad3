"""What the model of a run costs."""

from dataclasses import replace

import keras
import numpy as np

from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import ModelFileError
from kerasdl.jobs import assemble, encodings
from kerasdl.jobs.cost import Cost, cost, drawn, measured
from kerasdl.jobs.evaluate import load_model
from kerasdl.model_file.limits import limits
from kerasdl.rundir import RunDir

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
"""The dtype policies whose latencies stand side by side."""


def run_cost(run: RunDir) -> Cost:
    """Return what the best model of a run costs, without its data.

    The latencies are those of its weights under each of `POLICIES`.

    Args:
        run: The run.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        ConfigError: If the layers of its model cannot be walked.
        ModelFileError: If the run has no model that can be read, or it does not fit the
            config.
    """
    settings.check()
    config = run.read_config()
    encoding = encodings.read(run, config)
    trained, _ = load_model(run, encoding)
    example, latencies = _example(encoding), []
    with limits(trained.count_params(), run.model_file):
        model = _built(config, encoding, trained)
        assemble.compile_model(config, model, batches_per_epoch=1)
    model.optimizer.build(model.trainable_variables)
    counted = cost(model, example, config.training.examples_per_batch)
    for policy in POLICIES:
        other = replace(config, precision=replace(config.precision, policy=policy))
        latencies += measured(_built(other, encoding, trained), example)
    return replace(counted, measured=latencies)


def _built(config: Config, encoding: Encoding, trained: keras.Model) -> keras.Model:
    """Return the model of a config, with the weights of another.

    Raises:
        ModelFileError: If they are not the weights of such a model.
    """
    model = assemble.model(config, encoding)
    try:
        model.set_weights(trained.get_weights())
    except ValueError as fault:
        reason = " ".join(str(fault).split())[:200]
        what = f"the weights of the model do not fit its config: {reason}"
        raise ModelFileError(what, "restore the files of this run") from fault
    return model


def _example(encoding: Encoding) -> np.ndarray:
    """Return an example of a model's only input; codes are 0, token ids 1."""
    [model_input] = encoding.preprocessing.signature.values()
    example = drawn(model_input.shape, model_input.dtype)
    if codes := len(model_input.cardinalities):
        example[..., -codes:] = 0
    return example

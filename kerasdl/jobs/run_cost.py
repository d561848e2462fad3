"""What the model of a run costs."""

from dataclasses import replace

import numpy as np

from kerasdl.backend import settings
from kerasdl.data import Encoding
from kerasdl.jobs import assemble, encodings
from kerasdl.jobs.cost import Cost, cost, drawn, measured
from kerasdl.jobs.evaluate import load_model
from kerasdl.jobs.rebuilt import with_weights_of
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
        model = with_weights_of(trained, config, encoding)
        assemble.compile_model(config, model, batches_per_epoch=1)
    model.optimizer.build(model.trainable_variables)
    counted = cost(model, example, config.training.examples_per_batch)
    for policy in POLICIES:
        other = replace(config, precision=replace(config.precision, policy=policy))
        latencies += measured(with_weights_of(trained, other, encoding), example)
    return replace(counted, measured=latencies)


def _example(encoding: Encoding) -> np.ndarray:
    """Return an example of a model's only input; codes are 0, token ids 1."""
    [model_input] = encoding.preprocessing.signature.values()
    example = drawn(model_input.shape, model_input.dtype)
    if codes := len(model_input.cardinalities):
        example[..., -codes:] = 0
    return example

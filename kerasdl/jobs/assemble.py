"""From a config to the parts of a run."""

import contextlib
import dataclasses
import io
from collections.abc import Iterator
from typing import Any

import keras

from kerasdl import config as configs
from kerasdl import data, schedules
from kerasdl.config import Config
from kerasdl.config.schema import SGD, Constant, WarmupLinear
from kerasdl.data import Arrays, Dataset, Preprocessing
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import signals
from kerasdl.losses import SparseCategoricalCrossentropy
from kerasdl.models import FAMILIES
from kerasdl.optimizers import GradientMonitor


def arrays(name: str, task: str) -> Arrays:
    """Return the arrays of any source.

    Raises:
        DataError: If there is no such source for the task, or it cannot be had.
    """
    data.check_source(name, task)
    if name not in data.KERAS_DATASETS:
        return data.load_arrays(name)
    module = getattr(keras.datasets, name.replace("-", "_"))
    try:
        # Keras prints progress, and removes a file that it has not got whole.
        with contextlib.redirect_stdout(io.StringIO()), signals.raising():
            (x, y), (x_test, y_test) = module.load_data()
    except Exception as fault:  # keras.utils.get_file raises a bare Exception
        what = (
            f"data set {name!r} is neither cached nor could it be downloaded: {fault}"
        )
        raise DataError(
            what, "connect once, or give the path of an .npz file"
        ) from fault
    return Arrays(name, x, y.ravel(), x_test, y_test.ravel())


def dataset(config: Config) -> Dataset:
    """Return the splits that the config describes."""
    return data.prepare(arrays(config.data.name, config.data.task), config)


@contextlib.contextmanager
def dtype_policy(policy: str) -> Iterator[None]:
    """Build layers under a Keras dtype policy."""
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


def model(config: Config, preprocessing: Preprocessing) -> keras.Model:
    """Return the uncompiled model for the data.

    Raises:
        ConfigError: If the family cannot take such data.
    """
    arguments = dataclasses.asdict(config.model)
    family = arguments.pop("name")
    try:
        with dtype_policy(config.precision.policy):
            return FAMILIES[family](
                preprocessing.input_shape,
                preprocessing.num_outputs,
                seed=config.training.seed,
                **arguments,
            )
    except ValueError as fault:
        what = f"model {family!r} does not fit data {config.data.name!r}: {fault}"
        raise ConfigError(what, "choose another --preset or --data") from fault


def schedule(config: Config, total_steps: int) -> Any:
    """Return the learning rate: a schedule over the optimizer steps, or a number."""
    peak, chosen = config.optimizer.learning_rate, config.schedule
    if isinstance(chosen, Constant):
        return peak
    if isinstance(chosen, WarmupLinear):
        rising = round(chosen.warmup_fraction * total_steps)
        warmup_steps = min(rising, total_steps - 1)  # the peak must be reached
        return schedules.WarmupLinear(peak, warmup_steps, total_steps)
    return schedules.OneCycle(
        peak,
        total_steps,
        chosen.pct_start,
        chosen.div_factor,
        chosen.final_div_factor,
    )


def optimizer(
    config: Config, network: keras.Model, total_steps: int
) -> GradientMonitor:
    """Return the optimizer, with decay on kernels alone, that skips bad steps."""
    arguments = dataclasses.asdict(config.optimizer)
    arguments["learning_rate"] = schedule(config, total_steps)
    arguments["global_clipnorm"] = arguments["global_clipnorm"] or None
    arguments.pop("name")
    if config.training.accumulate > 1:  # the schedule goes on with each step as well
        arguments["gradient_accumulation_steps"] = config.training.accumulate
    if average := arguments.pop("ema_momentum"):
        arguments |= {"use_ema": True, "ema_momentum": average}
    sgd = isinstance(config.optimizer, SGD)
    kind = keras.optimizers.SGD if sgd else keras.optimizers.AdamW
    inner = kind(**arguments)
    # Biases, scales and offsets have one axis, kernels at least two.
    flat = [v for v in network.trainable_variables if len(v.shape) < 2]
    inner.exclude_from_weight_decay(var_list=flat)
    return GradientMonitor(inner, config.training.max_skipped)


def compile_arguments(config: Config) -> dict[str, Any]:
    """Return the loss and the metrics for `model.compile`."""
    metric = configs.METRICS[config.data.task]
    if config.data.task == "regression":
        r2_score = keras.metrics.R2Score(name=metric)
        return {"loss": "mean_squared_error", "metrics": [r2_score]}
    loss = SparseCategoricalCrossentropy(
        from_logits=True,
        label_smoothing=config.loss.label_smoothing,
        smoothing=config.loss.smoothing,
    )
    accuracy = keras.metrics.SparseCategoricalAccuracy(name=metric)
    return {"loss": loss, "metrics": [accuracy]}

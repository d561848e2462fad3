"""Build the parts of a run from its config."""

import contextlib
import io
from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np

from kerasdl import schedules, tasks
from kerasdl.backend.no_downloads import DownloadRefusedError, no_downloads
from kerasdl.callbacks import ReduceLROnPlateau
from kerasdl.config import Config
from kerasdl.config.fitting_presets import fitting_presets_hint
from kerasdl.data import Arrays, Batches, Dataset, Encoding, Examples, Mixing
from kerasdl.data.batches import updates_per_epoch
from kerasdl.data.examples import WithTargets
from kerasdl.data.kinds.arrays import KERAS_DATASETS
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.raw import Raw
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import signals, transfer
from kerasdl.jobs.dataset import prepare
from kerasdl.layers.scheduled_dropout import set_total_steps
from kerasdl.models import build
from kerasdl.optimizers import GradientAccumulator, GradientMonitor, WeighedLoss
from kerasdl.optimizers.rate_factors import RateFactors
from kerasdl.schedules.schedule_table import PlateauRule, Steps


def source(kind: Kind, download: bool = False, inputs_only: bool = False) -> Raw:
    """Return the data that the `[data]` table names.

    Args:
        kind: The table.
        download: Whether a download is allowed; only the user's own command line may
            allow it.
        inputs_only: Whether the data may lack targets.

    Raises:
        DataError: If the task has no such source, or it cannot be loaded.
    """
    kind.check_source()
    name = kind.name
    if name not in KERAS_DATASETS:
        return kind.read_inputs() if inputs_only else kind.read()
    module = getattr(keras.datasets, name.replace("-", "_"))
    try:
        # Keras prints progress, and removes an incomplete file if it is interrupted.
        quiet = contextlib.redirect_stdout(io.StringIO())
        network = contextlib.nullcontext() if download else no_downloads()
        with quiet, signals.raising(), network:
            (x, y), (x_test, y_test) = module.load_data()
    except DownloadRefusedError as fault:
        what = f"data set {name!r} is not cached, and no flag allows a download"
        hint = f"pass --data {name} on your own command line to download it"
        raise DataError(what, hint) from fault
    except Exception as fault:  # keras.utils.get_file raises a bare Exception
        what = (
            f"data set {name!r} is neither cached nor could it be downloaded: {fault}"
        )
        raise DataError(
            what, "connect to the network once, or give the path of an .npz file"
        ) from fault
    return Arrays(name, x, y.ravel(), x_test, y_test.ravel())


def dataset(
    config: Config, download: bool = False, former: dict[str, Any] | None = None
) -> Dataset:
    """Return the splits that the config describes.

    Args:
        config: The config.
        download: As for `source`.
        former: As for `prepare`.
    """
    return prepare(source(config.data, download), config, former=former)


def batches(config: Config, dataset: Dataset) -> Batches:
    """Return the batches of the training split, mixed and weighted as the config says.

    Raises:
        ConfigError: If the data cannot be mixed, or the model takes no weights.
        DataError: As `weights`.
    """
    training = config.training
    if training.cutmix and len(dataset.encoding.input_shape) not in (2, 3):
        what = f"training.cutmix needs images, which {config.data.name!r} is not"
        raise ConfigError(what, "set it to 0")
    mixed = training.mixup > 0 or training.cutmix > 0
    [model_input] = dataset.preprocessing.signature.values()
    if mixed and model_input.cardinalities:
        what = f"training.mixup mixes numbers, and {config.data.name!r} has codes"
        raise ConfigError(what, "set it to 0, or data.max_one_hot to 'all'")
    weighted = weights(config, dataset)
    if weighted is not None and not config.model.takes_weights:
        what = f"model {config.model.name!r} takes no weights, which the task"
        raise ConfigError(f"{what} {config.data.task!r} gives", "choose another")
    return Batches(
        as_trained(config, dataset, dataset.train),
        training.examples_per_batch,
        training.seed,
        Mixing(training.mixup, training.cutmix) if mixed else None,
        weighted,
    )


def weights(config: Config, dataset: Dataset) -> np.ndarray | None:
    """Return the weight of each training example; None if all are the same.

    They have the mean 1, so that the loss and the learning rate keep their size.

    Returns:
        float32 of shape `(examples,)`.

    Raises:
        DataError: If `training.class_weights` does not fit the classes.
    """
    given, encoded = dataset.weights, dataset.train.targets()
    if encoded is None:
        return None
    if given is None:
        given = np.ones(len(encoded))
    task = tasks.find(config.data.task)
    combined = task.weights(config, encoded, dataset.targets, given)
    if (combined == combined[0]).all():
        return None
    return (combined / combined.mean()).astype("float32")


def as_trained(config: Config, dataset: Dataset, examples: Examples) -> Examples:
    """Return examples with the targets of the loss: class probabilities if mixed."""
    task, targets = tasks.find(config.data.task), dataset.targets
    return WithTargets(examples, lambda y: task.as_trained(config, y, targets))


def model(config: Config, encoding: Encoding) -> keras.Model:
    """Return the uncompiled model for the data.

    Raises:
        ConfigError: If the family does not fit the data.
    """
    family, targets = config.model, encoding.targets
    try:
        [model_input] = encoding.preprocessing.signature.values()
        network = build(config, model_input, targets.num_outputs, targets.output_range)
        returned, needed = network.output_shape[1:], encoding.output_shape
        if returned != needed:
            rule = f"{config.data.task} needs {needed}"
            raise ValueError(f"it returns the shape {returned}, {rule}")
        return network
    except ValueError as fault:
        what = f"model {family.name!r} does not fit data {config.data.name!r}: {fault}"
        inputs = encoding.preprocessing.signature.values()
        has_rows = all(len(each.shape) == 1 for each in inputs)
        raise ConfigError(what, fitting_presets_hint(config.data, has_rows)) from fault


def schedule(config: Config, total_steps: int) -> Any:
    """Return the learning rate: a schedule over the optimizer steps, or a number."""
    steps = schedule_steps(config, total_steps)
    highest = config.optimizer.learning_rate * config.training.rate_factor
    rate = config.schedule.build(highest, steps)
    if steps.total < total_steps and callable(rate):
        return schedules.Held(rate, steps.total - 1)
    return rate


def schedule_steps(config: Config, total_steps: int) -> Steps:
    """Return the steps that the schedule covers."""
    training = config.training
    per_epoch = total_steps / training.epochs
    if training.schedule_epochs == "auto":
        return Steps(total_steps, per_epoch)
    return Steps(total_steps * training.schedule_epochs // training.epochs, per_epoch)


def momentum(config: Config, total_steps: int) -> Any:
    """Return the optimizer's momentum over the steps, or None unless it is cycled."""
    return config.schedule.momentum(schedule_steps(config, total_steps))


def weight_decay(config: Config, total_steps: int) -> Any:
    """Return the weight decay over the steps, or None if it is constant."""
    if not config.optimizer.schedules_weight_decay:
        return None
    steps = schedule_steps(config, total_steps)
    return schedules.FlatCosine(config.optimizer.weight_decay, steps.total)


def plateau(
    config: Config, mode: Literal["min", "max"], report: Callable[[str], None]
) -> list[keras.callbacks.Callback]:
    """Return a `ReduceLROnPlateau` if the schedule is `plateau`, else no callback.

    Args:
        config: The resolved config.
        mode: Whether `training.monitor` should be low (`min`) or high (`max`).
        report: Called with a line for each reduction.
    """
    rule: PlateauRule | None = config.schedule.plateau()
    if rule is None:
        return []
    return [ReduceLROnPlateau(config.training.monitor, *rule, mode, report)]


def optimizer(
    config: Config, network: keras.Model, total_steps: int
) -> GradientMonitor:
    """Return the optimizer; it skips non-finite steps.

    Raises:
        ConfigError: If the model has learning-rate factors, and the optimizer has not.
    """
    rate, cycle = schedule(config, total_steps), momentum(config, total_steps)
    decay = weight_decay(config, total_steps)
    arguments = {} if decay is None else {"weight_decay": decay}
    inner = config.optimizer.build(rate, cycle, **arguments)
    undecayed = [
        variable
        for variable in network.trainable_variables
        if not config.model.decays(variable)
    ]
    inner.exclude_from_weight_decay(var_list=undecayed)
    if factors := transfer.rate_factors(config, network):
        if not isinstance(inner, RateFactors):
            what = f"optimizer.name (={config.optimizer.name!r}) has no learning-rate"
            what += f" factors, which model {config.model.name!r} or"
            what += " transfer.layer_decay needs"
            raise ConfigError(what, "choose 'adamw', 'adam' or 'sgd'")
        inner.rate_factors = factors
    return GradientMonitor(inner, config.training.max_skipped)


def compile_model(
    config: Config, network: keras.Model, batches_per_epoch: int
) -> GradientMonitor:
    """Compile the model; return the monitor that skips non-finite steps.

    Args:
        config: The resolved config.
        network: The model, built.
        batches_per_epoch: Batches of the training split.
    """
    training, arguments = config.training, compile_arguments(config)
    batches = schedule_steps(config, training.epochs * batches_per_epoch).total
    set_total_steps(network, batches)
    updates = updates_per_epoch(batches_per_epoch, training.accumulate)
    monitor = optimizer(config, network, training.epochs * updates)
    if training.accumulate == 1:
        network.compile(monitor, **arguments)
        return monitor
    inner: keras.optimizers.Optimizer = monitor
    if config.precision.policy == "mixed_float16":
        inner = keras.optimizers.LossScaleOptimizer(monitor)
    whole = GradientAccumulator(inner, training.accumulate, batches_per_epoch)
    arguments["loss"] = WeighedLoss(arguments["loss"])
    network.compile(whole, **arguments, auto_scale_loss=False)
    return monitor


def compile_arguments(config: Config) -> dict[str, Any]:
    """Return the loss and the metrics for `model.compile`."""
    task = tasks.find(config.data.task)
    return {"loss": task.loss(config), "metrics": task.keras_metrics(config)}

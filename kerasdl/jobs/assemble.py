"""From a config to the parts of a run."""

import contextlib
import dataclasses
import io
from collections.abc import Callable
from typing import Any, Literal

import keras

from kerasdl import optimizers, schedules, tasks
from kerasdl.backend.no_downloads import DownloadRefusedError, no_downloads
from kerasdl.callbacks import ReduceLROnPlateau
from kerasdl.config import Config
from kerasdl.config.optimization import (
    SGD,
    Constant,
    Cosine,
    InverseSquareRoot,
    OneCycle,
    Plateau,
    StepDecay,
    WarmupLinear,
)
from kerasdl.data import Arrays, Batches, Dataset, Encoding, Examples, Mixing
from kerasdl.data.batches import updates_per_epoch
from kerasdl.data.examples import WithTargets
from kerasdl.data.kinds.arrays import KERAS_DATASETS
from kerasdl.data.kinds.kind import Kind, Raw
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import signals
from kerasdl.jobs.dataset import prepare
from kerasdl.models import build
from kerasdl.optimizers import GradientAccumulator, GradientMonitor, WeighedLoss


def source(kind: Kind, download: bool = False) -> Raw:
    """Return the data that a table `[data]` names.

    Args:
        kind: The table.
        download: Whether the network may be asked, as only the user's own command line
            can want it.

    Raises:
        DataError: If there is no such source for the task, or it cannot be had.
    """
    kind.check_source()
    name = kind.name
    if name not in KERAS_DATASETS:
        return kind.read()
    module = getattr(keras.datasets, name.replace("-", "_"))
    try:
        # Keras prints progress, and removes a file that it has not got whole.
        quiet = contextlib.redirect_stdout(io.StringIO())
        network = contextlib.nullcontext() if download else no_downloads()
        with quiet, signals.raising(), network:
            (x, y), (x_test, y_test) = module.load_data()
    except DownloadRefusedError as fault:
        what = f"data set {name!r} is not cached, and no flag asks for the network"
        hint = f"--data {name} on a command line of your own downloads it"
        raise DataError(what, hint) from fault
    except Exception as fault:  # keras.utils.get_file raises a bare Exception
        what = (
            f"data set {name!r} is neither cached nor could it be downloaded: {fault}"
        )
        raise DataError(
            what, "connect once, or give the path of an .npz file"
        ) from fault
    return Arrays(name, x, y.ravel(), x_test, y_test.ravel())


def dataset(config: Config, download: bool = False) -> Dataset:
    """Return the splits that the config describes; `download` as for `source`."""
    return prepare(source(config.data, download), config)


def batches(config: Config, dataset: Dataset) -> Batches:
    """Return the batches of the training split, mixed if the config says so.

    Raises:
        ConfigError: If such data cannot be mixed.
    """
    training = config.training
    [only] = dataset.preprocessing.signature.values()
    for key, needed, suits in (
        ("mixup", "numbers", only.vocabulary_size is None),
        ("cutmix", "images", len(only.shape) in (2, 3)),
    ):
        if getattr(training, key) and not suits:
            what = f"training.{key} needs {needed}, which {config.data.name!r} is not"
            raise ConfigError(what, "set it to 0")
    mixed = training.mixup > 0 or training.cutmix > 0
    return Batches(
        as_trained(config, dataset, dataset.train),
        training.batch_size,
        training.seed,
        Mixing(training.mixup, training.cutmix) if mixed else None,
    )


def as_trained(config: Config, dataset: Dataset, examples: Examples) -> Examples:
    """Return examples with targets as the loss takes them: shares of classes if mixed."""
    task, targets = tasks.find(config.data.task), dataset.targets
    return WithTargets(examples, lambda y: task.as_trained(config, y, targets))


def model(config: Config, encoding: Encoding) -> keras.Model:
    """Return the uncompiled model for the data.

    Raises:
        ConfigError: If the family cannot take such data.
    """
    family, targets = config.model, encoding.targets
    try:
        [only] = encoding.preprocessing.signature.values()
        if only.vocabulary_size is None and family.reads == "tokens":
            raise ValueError("it reads tokens, not numbers")
        if targets.origin == "inputs" and not family.reconstructs:
            raise ValueError("it is no autoencoder")
        network = build(config, only.shape, targets.num_outputs, only.vocabulary_size)
        returned, needed = network.output_shape[1:], encoding.output_shape
        if returned != needed:
            rule = f"{config.data.task} needs {needed}"
            raise ValueError(f"it returns the shape {returned}, {rule}")
        return network
    except ValueError as fault:
        what = f"model {family.name!r} does not fit data {config.data.name!r}: {fault}"
        raise ConfigError(what, "choose another --preset or --data") from fault


def schedule(config: Config, total_steps: int) -> Any:
    """Return the learning rate: a schedule over the optimizer steps, or a number."""
    steps = _schedule_steps(config, total_steps)
    drawn = _schedule(config, steps)
    if steps < total_steps and callable(drawn):
        return schedules.Held(drawn, steps - 1)
    return drawn


def _schedule_steps(config: Config, total_steps: int) -> int:
    """Return the steps that the schedule is drawn over."""
    training = config.training
    if training.schedule_epochs == "auto":
        return total_steps
    return total_steps * training.schedule_epochs // training.epochs


def _schedule(config: Config, total_steps: int) -> Any:
    peak, chosen = config.optimizer.learning_rate, config.schedule
    match chosen:
        case Constant() | Plateau():
            return peak
        case WarmupLinear():
            warmup_steps = _share(chosen.warmup_fraction, total_steps)
            return schedules.WarmupLinear(peak, warmup_steps, total_steps)
        case Cosine():
            warmup_steps = _share(chosen.warmup_fraction, total_steps)
            return schedules.Cosine(peak, total_steps, warmup_steps, chosen.floor)
        case InverseSquareRoot():
            warmup_steps = max(1, _share(chosen.warmup_fraction, total_steps))
            return schedules.InverseSquareRoot(peak, warmup_steps)
        case StepDecay():
            step_size = max(1, round(chosen.every_fraction * total_steps))
            return schedules.StepDecay(peak, step_size, chosen.factor)
        case OneCycle():
            shape = chosen.pct_start, chosen.div_factor, chosen.final_div_factor
            return schedules.OneCycle(peak, total_steps, *shape)


def momentum(config: Config, total_steps: int) -> dict[str, Any]:
    """Return the optimizer's momentum by its name, where a schedule cycles it."""
    chosen = config.schedule
    if not isinstance(chosen, OneCycle) or not chosen.cycle_momentum:
        return {}
    steps = _schedule_steps(config, total_steps)
    cycle = schedules.OneCycleMomentum(
        steps, chosen.base_momentum, chosen.max_momentum, chosen.pct_start
    )
    name = "momentum" if isinstance(config.optimizer, SGD) else "beta_1"
    return {name: cycle}


def plateau(
    config: Config, mode: Literal["min", "max"], report: Callable[[str], None]
) -> list[keras.callbacks.Callback]:
    """Return what cuts the learning rate down, where the schedule is a plateau's.

    Args:
        config: The resolved config.
        mode: Whether `training.monitor` shall be low (`min`) or high (`max`).
        report: Takes a line for each cut.
    """
    chosen = config.schedule
    if not isinstance(chosen, Plateau):
        return []
    rule = chosen.factor, chosen.patience, chosen.threshold
    return [ReduceLROnPlateau(config.training.monitor, *rule, mode, report)]


def _share(fraction: float, total_steps: int) -> int:
    """Return the steps of warm-up, after which the peak must still be reached."""
    return min(round(fraction * total_steps), total_steps - 1)


def optimizer(
    config: Config, network: keras.Model, total_steps: int
) -> GradientMonitor:
    """Return the optimizer, with no decay on biases and norms, that skips bad steps."""
    arguments = dataclasses.asdict(config.optimizer)
    arguments["learning_rate"] = schedule(config, total_steps)
    arguments |= momentum(config, total_steps)
    arguments["global_clipnorm"] = arguments["global_clipnorm"] or None
    arguments.pop("name")
    if average := arguments.pop("ema_momentum"):
        arguments |= {"use_ema": True, "ema_momentum": average}
    sgd = isinstance(config.optimizer, SGD)
    kind = optimizers.SGD if sgd else optimizers.AdamW
    inner = kind(**arguments)
    spared = [
        variable
        for variable in network.trainable_variables
        if len(variable.shape) < 2 or variable.name == "bias"  # a GRU's has two axes
    ]
    inner.exclude_from_weight_decay(var_list=spared)
    return GradientMonitor(inner, config.training.max_skipped)


def compile_model(
    config: Config, network: keras.Model, batches_per_epoch: int
) -> GradientMonitor:
    """Compile the model; return the part of its optimizer that skips bad steps.

    Args:
        config: The resolved config.
        network: The model, built.
        batches_per_epoch: Batches of the training split.
    """
    training, arguments = config.training, compile_arguments(config)
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

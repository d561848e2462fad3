"""The features that a frozen part of a model gives, computed once for all epochs."""

from dataclasses import replace
from typing import Any

import keras

from kerasdl.config import Config
from kerasdl.data import ArrayExamples, Dataset, Examples


def learner(
    config: Config, model: keras.Model, dataset: Dataset
) -> tuple[keras.Model, Dataset]:
    """Return what is trained of a model, and the data for it.

    They are the model and its data, unless a part of the model is frozen and its outputs
    are the same in every epoch.
    """
    if config.transfer.unfreeze == "all" or not (part := part_to_train(model)):
        return model, dataset
    cut, rest = part
    frozen = keras.Model(model.input, cut)
    if (learned := with_features(config, dataset, frozen)) is None:
        return model, dataset
    rest.frozen = frozen  # so that a checkpoint has its weights as well
    return rest, learned


def part_to_train(model: keras.Model) -> tuple[Any, keras.Model] | None:
    """Return the output of the frozen part, and a model of the rest that shares weights.

    None if no weights are frozen, or the rest is no chain of layers.

    Args:
        model: A model of one input and one output.
    """
    chain: list[keras.layers.Layer] = []
    tensor, cut, kept = model.output, None, 0
    while (layer := _layer_of(tensor)) is not None:
        is_frozen = layer.weights and not layer.trainable_variables
        if is_frozen:
            break
        chain.append(layer)
        tensor = layer.input
        if not isinstance(tensor, keras.KerasTensor):
            return None
        if layer.variables:  # weights, or the state of random draws
            cut, kept = tensor, len(chain)
    if layer is None or cut is None or layer is model.layers[0]:
        return None
    inputs = keras.Input(cut.shape[1:], dtype=cut.dtype)
    x: Any = inputs
    for each in reversed(chain[:kept]):
        x = each(x)
    return cut, keras.Model(inputs, x, name=model.name)


def with_features(
    config: Config, dataset: Dataset, frozen: keras.Model
) -> Dataset | None:
    """Return the data with the outputs of a frozen model for inputs.

    None if the inputs differ from epoch to epoch, or are too many for memory.

    Args:
        config: The config of the run.
        dataset: The data.
        frozen: The frozen part of the model.
    """
    training = config.training
    if training.mixup or training.cutmix:
        return None
    splits: dict[str, Examples] = {}
    for name in ("train", "validation"):
        examples: Examples = getattr(dataset, name)
        if (whole := examples.resident()) is None:
            return None
        x, y = whole
        if len(examples):
            x = frozen.predict(x, batch_size=training.examples_per_batch, verbose=0)
        splits[name] = ArrayExamples(x, y)
    return replace(dataset, **splits)


def _layer_of(tensor: Any) -> keras.layers.Layer | None:
    """Return the layer whose output a tensor is; None for an input."""
    layer = tensor._keras_history.operation
    return None if isinstance(layer, keras.layers.InputLayer) else layer

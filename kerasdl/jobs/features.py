"""The features that a frozen part of a model gives, computed once for all epochs."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras

from kerasdl.backend.keras_internals import graph_calls
from kerasdl.config import Config
from kerasdl.data import ArrayExamples, Dataset, Examples
from kerasdl.data.examples import is_large
from kerasdl.jobs import assemble

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session


def use(session: "Session") -> None:
    """Let the rest of a frozen model learn from features that are computed once."""
    if session.learner is not session.model:
        return
    model, learned = learner(session.config, session.model, session.dataset)
    if model is not session.model:
        session.learner, session.learned = model, learned
        session.batches = assemble.batches(session.config, learned)


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

    None if no weights are frozen, or if more than one output of the frozen part is used.

    Args:
        model: A model of one input and one output.
    """
    calls = {
        id(out): call for call in graph_calls(model) for out in call.output_tensors
    }
    tensor, cut = model.output, None
    while call := calls.get(id(tensor)):
        layer = call.operation
        weights = getattr(layer, "weights", [])
        is_frozen = weights and not layer.trainable_variables
        if is_frozen or len(call.input_tensors) != 1:
            break
        [tensor] = call.input_tensors
        if getattr(layer, "variables", []):  # weights, or the state of random draws
            cut = tensor
    if cut is None or isinstance(calls[id(cut)].operation, keras.layers.InputLayer):
        return None
    rest = keras.Model(cut, model.output, name=model.name)
    if len(rest.trainable_variables) != len(model.trainable_variables):
        return None
    return cut, rest


def with_features(
    config: Config, dataset: Dataset, frozen: keras.Model
) -> Dataset | None:
    """Return the data with the outputs of a frozen model for inputs.

    None if the inputs differ from epoch to epoch, or if they or the features are too many
    for memory.

    Args:
        config: The config of the run.
        dataset: The data.
        frozen: The frozen part of the model.
    """
    training, shape = config.training, frozen.output_shape[1:]
    count = len(dataset.train) + len(dataset.validation)
    if training.mixup or training.cutmix or None in shape or is_large((count, *shape)):
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

"""The state that a skipped step must keep, besides what the optimizer guards."""

import keras

from kerasdl.backend.keras_internals import flatten_layers, seed_generators
from kerasdl.backend.optimizer_chain import optimizer_chain


def skip_count(model: keras.Model) -> keras.Variable | None:
    """Return a variable that is above zero after a skipped step.

    It is `void_step` of the outermost wrapper of `kerasdl.optimizers`, once built. None
    means that the optimizer skips no step.
    """
    chain = optimizer_chain(model.optimizer)
    return next((part.void_step for part in chain if hasattr(part, "void_step")), None)


def statistics(model: keras.Model) -> list[keras.Variable]:
    """Return the running statistics and the metrics, without seed generators.

    Seed generators advance in a skipped step, as in a step that is not fused.
    """
    seeds = {
        id(generator.state)
        for layer in flatten_layers(model)
        for generator in seed_generators(layer)
    }
    variables = [*model.non_trainable_variables, *model.metrics_variables]
    return [variable for variable in variables if id(variable) not in seeds]

"""A model of a config with the weights of another."""

import keras

from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import ModelFileError
from kerasdl.jobs import assemble


def with_weights_of(
    trained: keras.Model, config: Config, encoding: Encoding
) -> keras.Model:
    """Return the model of a config, with the weights of another.

    Args:
        trained: The other model.
        config: The config, which may have another dtype policy.
        encoding: What inputs and outputs mean.

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

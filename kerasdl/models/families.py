"""From a config's table to a model."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import keras

from kerasdl.config import Config
from kerasdl.models.autoencoder import autoencoder
from kerasdl.models.bert import bert
from kerasdl.models.cnn import cnn
from kerasdl.models.conv_autoencoder import conv_autoencoder
from kerasdl.models.gpt import gpt
from kerasdl.models.mlp import mlp
from kerasdl.models.plain_cnn import plain_cnn
from kerasdl.models.resnet import resnet
from kerasdl.models.rnn import rnn
from kerasdl.models.vit import vit

FAMILIES: dict[str, Callable[..., keras.Model]] = {
    "autoencoder": autoencoder,
    "bert": bert,
    "cnn": cnn,
    "conv-autoencoder": conv_autoencoder,
    "gpt": gpt,
    "mlp": mlp,
    "plain-cnn": plain_cnn,
    "resnet": resnet,
    "rnn": rnn,
    "vit": vit,
}
"""Family name, as in `model.name`, to the function; its arguments are the table's keys."""


def build(
    config: Config,
    input_shape: Sequence[int],
    num_outputs: int | None,
    vocabulary_size: int | None = None,
) -> keras.Model:
    """Return the uncompiled model of a config.

    Args:
        config: Names the family, its arguments, the seed and the dtype policy.
        input_shape: Shape of one input.
        num_outputs: As in the family.
        vocabulary_size: Token ids the data has, for families that read them.

    Raises:
        ValueError: If the family cannot take such data.
    """
    arguments = asdict(config.model)
    family = arguments.pop("name")
    wanted = arguments.get("vocabulary_size")
    if wanted == "auto" and vocabulary_size:
        arguments["vocabulary_size"] = vocabulary_size
    elif isinstance(wanted, int) and (vocabulary_size or 0) > wanted:
        what = (
            f"`vocabulary_size` (={wanted}) is less than the {vocabulary_size} tokens"
        )
        raise ValueError(f"{what} of the data")
    elif wanted is None and vocabulary_size:
        raise ValueError("it reads numbers, not tokens")
    with _dtype_policy(config.precision.policy):
        return FAMILIES[family](
            input_shape, num_outputs, seed=config.training.seed, **arguments
        )


@contextlib.contextmanager
def _dtype_policy(policy: str) -> Iterator[Any]:
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)

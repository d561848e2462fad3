"""The model of a config, and of a preset."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras

from kerasdl import config as configs
from kerasdl.config import Config


def build(
    config: Config,
    input_shape: Sequence[int],
    num_outputs: int | None,
    vocabulary_size: int | None = None,
) -> keras.Model:
    """Return the uncompiled model of a config.

    Args:
        config: Names the family, its keys, the seed and the dtype policy.
        input_shape: Shape of one input.
        num_outputs: As in `Family.build`.
        vocabulary_size: Token ids the data has, for families that read them.

    Raises:
        ValueError: If the family cannot take such data.
    """
    family = config.model.for_data(vocabulary_size)
    with _dtype_policy(config.precision.policy):
        return family.build(input_shape, num_outputs, config.training.seed)


def from_preset(
    preset: str,
    input_shape: Sequence[int],
    num_classes: int | None = None,
    vocabulary_size: int | None = None,
    settings: Iterable[str] = (),
) -> keras.Model:
    """Return the model of a preset, built and not compiled.

    The same seed gives the same weights on every backend::

        model = kerasdl.models.from_preset("resnet50", (224, 224, 3), num_classes=1000)

    Args:
        preset: A preset's name, or the path of a TOML file.
        input_shape: Shape of one input, without the batch.
        num_classes: Classes, or numbers to predict; for `gpt` presets, the size of the
            vocabulary. None leaves the last layer off: the model returns features.
        vocabulary_size: Token ids there are, where the preset leaves that to the data.
        settings: Other values of the config, such as `"training.seed=1"` or
            `"model.dropout=0"`.

    Raises:
        InvalidConfigError: If the preset or a setting is at fault.
        ValueError: If the family cannot take such inputs.
    """
    config = configs.load(preset, settings=settings)
    return build(config, input_shape, num_classes, vocabulary_size)


@contextlib.contextmanager
def _dtype_policy(policy: str) -> Iterator[Any]:
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)

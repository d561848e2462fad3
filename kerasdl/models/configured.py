"""Models built from a config or a preset."""

from collections.abc import Iterable, Sequence

import keras

from kerasdl import config as configs
from kerasdl.backend.dtype_policy import dtype_policy
from kerasdl.config import Config
from kerasdl.data.signature import Input


def build(
    config: Config,
    model_input: Input,
    num_outputs: int | None,
    output_range: tuple[float, ...] | None = None,
) -> keras.Model:
    """Return the uncompiled model of a config.

    Args:
        config: Sets the family, its keys, the seed and the dtype policy.
        model_input: The input of the model.
        num_outputs: As in `Family.build`.
        output_range: As in `Family.for_data`.

    Raises:
        ValueError: If the family cannot read such data.
    """
    family = config.model.for_data(model_input, output_range)
    with dtype_policy(config.precision.policy):
        return family.build(model_input.shape, num_outputs, config.training.seed)


def from_preset(
    preset: str,
    input_shape: Sequence[int],
    num_classes: int | None = None,
    vocabulary_size: int | None = None,
    settings: Iterable[str] = (),
) -> keras.Model:
    """Return the uncompiled model of a preset.

    The same seed gives the same weights on every backend::

        model = kerasdl.models.from_preset("resnet50", (224, 224, 3), num_classes=1000)

    Args:
        preset: A preset's name, or the path of a TOML file.
        input_shape: Shape of one input, without the batch.
        num_classes: Number of classes or values to predict; for `gpt` presets, the
            size of the vocabulary. If None, the model has no last layer and returns
            features.
        vocabulary_size: Number of token ids, if the preset leaves it to the data.
        settings: Config overrides, such as `"training.seed=1"` or `"model.dropout=0"`.

    Raises:
        InvalidConfigError: If the preset or a setting is invalid.
        ValueError: If the family cannot read such inputs.
    """
    config = configs.load(preset, settings=settings)
    model_input = Input(tuple(input_shape), vocabulary_size=vocabulary_size)
    return build(config, model_input, num_classes)

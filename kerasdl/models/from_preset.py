"""The model of a preset, for a training of one's own."""

from collections.abc import Iterable, Sequence

import keras

from kerasdl import config as configs
from kerasdl.models.families import build


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

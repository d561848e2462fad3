"""Recurrent networks."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers

from kerasdl.initializers import GlorotUniform, HeNormal, Orthogonal
from kerasdl.layers import AttentionPooling, Dropout
from kerasdl.models.parts import head
from kerasdl.seeds import derive_seed

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU}


def rnn(
    input_shape: Sequence[int],
    num_outputs: int | None,
    cell: Literal["lstm", "gru"] = "lstm",
    units: Sequence[int] = (64, 64),
    bidirectional: bool = False,
    pooling: Literal["last", "attention"] = "last",
    dropout: float = 0.2,
    seed: int = 0,
    name: str = "rnn",
) -> keras.Model:
    """Return a stack of LSTM or GRU layers with dropout between them.

    The last state of the last layer, or all its states pooled by attention, goes into a
    Dense layer. LSTM: Hochreiter & Schmidhuber 1997,
    https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gates of Gers et al.
    2000. GRU: Cho et al. 2014, https://arxiv.org/abs/1406.1078, section 2.3, with the reset
    gate after the recurrent product, as Keras and PyTorch have it.

    The model takes `(batch, time, features)`, or images, whose rows are the steps, and
    returns float32 logits or values `(batch, num_outputs)`.

    Args:
        input_shape: `(time, features)`, or `(height, width, channels)`.
        num_outputs: Classes, or numbers to predict; None leaves the last layer off.
        cell: `"lstm"` or `"gru"`.
        units: Length of the state of each layer.
        bidirectional: Whether each layer also reads backwards, with as many units.
        pooling: `"last"` or `"attention"`.
        dropout: Share of the outputs of each layer but the last zeroed in training, in
            `[0, 1)`.
        seed: Decides weights and dropout masks, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If an argument is not allowed.
    """
    if len(input_shape) not in (2, 3):
        rule = "must be (time, features) or (height, width, channels)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
    if cell not in CELLS:
        raise ValueError(f"`cell` (={cell!r}) must be 'lstm' or 'gru'")
    if pooling not in ("last", "attention"):
        raise ValueError(f"`pooling` (={pooling!r}) must be 'last' or 'attention'")
    if not units:
        raise ValueError("`units` must hold at least one length")
    inputs = keras.Input(tuple(input_shape), name="inputs")
    x = inputs
    if len(input_shape) == 3:
        height, *row = input_shape
        x = layers.Reshape((height, row[0] * row[1]), name="rows")(x)

    def recurrent(width: int, place: str, **settings: Any) -> Any:
        return CELLS[cell](
            width,
            kernel_initializer=GlorotUniform(derive_seed(seed, place, "kernel")),
            recurrent_initializer=Orthogonal(derive_seed(seed, place, "recurrent")),
            name=place,
            **settings,
        )

    for number, width in enumerate(units, start=1):
        if number > 1:
            drop = f"dropout_{number - 1}"
            x = Dropout(dropout, derive_seed(seed, drop), name=drop)(x)
        place = f"{cell}_{number}"
        sequences = number < len(units) or pooling == "attention"
        given = {"return_sequences": sequences}
        if not bidirectional:
            x = recurrent(width, place, **given)(x)
            continue
        # Left to itself, Keras would begin both directions with the same weights.
        backward = recurrent(width, f"{place}_backward", go_backwards=True, **given)
        forward = recurrent(width, f"{place}_forward", **given)
        x = layers.Bidirectional(forward, backward_layer=backward, name=place)(x)
    if pooling == "attention":
        x = AttentionPooling(units[-1], derive_seed(seed, "pool"), name="pool")(x)
    kernel = HeNormal("fan_in", derive_seed(seed, "head"))
    return keras.Model(inputs, head(x, num_outputs, kernel), name=name)

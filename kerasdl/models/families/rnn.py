"""Recurrent networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Fraction, Widths
from kerasdl.models.family import Family
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class RNN(Family):
    """A stack of LSTM, GRU or simple recurrent layers with dropout between them.

    The last state of the last layer, or all its states pooled by attention, goes into a
    Dense layer. LSTM: Hochreiter & Schmidhuber 1997,
    https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gates of Gers et al.
    2000. GRU: Cho et al. 2014, https://arxiv.org/abs/1406.1078, section 2.3, with the
    reset gate after the recurrent product, as in Keras and PyTorch. Simple, with tanh:
    Elman 1990, https://doi.org/10.1207/s15516709cog1402_1.

    The model takes `(batch, time, features)`, or images
    `(batch, height, width, channels)`, whose rows are the steps, and returns float32
    logits or values `(batch, num_outputs)`.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "sequences"
    name: Literal["rnn"] = "rnn"
    cell: Literal["lstm", "gru", "simple"] = "lstm"
    """Type of recurrent layer."""
    units: Widths = (64, 64)
    """Length of the state of each layer."""
    bidirectional: bool = False
    """Whether each layer also reads backwards, with as many units again."""
    pooling: Literal["last", "attention"] = "last"
    """`last` uses the last state, `attention` a learned weighted mean of all states."""
    dropout: Fraction = 0.2
    """Fraction of each layer's outputs zeroed in training, except the last layer's."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is neither `(time, features)` nor an image's,
                or a key is out of range.
        """
        if len(input_shape) not in (2, 3):
            rule = "must be (time, features) or (height, width, channels)"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
        import keras
        from keras import layers

        from kerasdl.initializers import HeNormal
        from kerasdl.layers import AttentionPooling, Dropout
        from kerasdl.models.parts import head

        inputs = keras.Input(tuple(input_shape), name="inputs")
        x = inputs
        if len(input_shape) == 3:
            height, *row = input_shape
            x = layers.Reshape((height, row[0] * row[1]), name="rows")(x)
        for number, width in enumerate(self.units, start=1):
            if number > 1:
                drop = f"dropout_{number - 1}"
                x = Dropout(self.dropout, derive_seed(seed, drop), name=drop)(x)
            sequences = number < len(self.units) or self.pooling == "attention"
            x = self._recurrent(width, f"{self.cell}_{number}", seed, sequences)(x)
        if self.pooling == "attention":
            own_seed = derive_seed(seed, "pool")
            x = AttentionPooling(self.units[-1], own_seed, name="pool")(x)
        kernel = HeNormal("fan_in", derive_seed(seed, "head"))
        outputs = head(x, num_outputs, kernel)
        return keras.Model(inputs, outputs, name=name or self.identifier())

    def _recurrent(self, width: int, name: str, seed: int, sequences: bool) -> Any:
        """Return a layer of the stack, which returns all states if `sequences`."""
        from keras import layers

        from kerasdl.initializers import GlorotUniform, Orthogonal

        cells = {"lstm": layers.LSTM, "gru": layers.GRU, "simple": layers.SimpleRNN}

        def layer(name: str, **settings: Any) -> Any:
            return cells[self.cell](
                width,
                kernel_initializer=GlorotUniform(derive_seed(seed, name, "kernel")),
                recurrent_initializer=Orthogonal(derive_seed(seed, name, "recurrent")),
                return_sequences=sequences,
                name=name,
                **settings,
            )

        if not self.bidirectional:
            return layer(name)
        # By default, Keras would give both directions the same initial weights.
        backward = layer(f"{name}_backward", go_backwards=True)
        forward = layer(f"{name}_forward")
        return layers.Bidirectional(forward, backward_layer=backward, name=name)

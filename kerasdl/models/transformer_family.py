"""The base class of model families that are stacks of transformer blocks."""

from dataclasses import dataclass
from typing import Any, Literal

from kerasdl.config.rules import Count, Epsilon, Fraction, Width
from kerasdl.models.family import Activation, Family

TransformerActivation = Literal[Activation, "gelu_tanh"]
PositionNorm = Literal["layer", "rms", "none"]
Attention = Literal["dot-product", "qk-norm"]


@dataclass(frozen=True)
class TransformerFamily(Family):
    """An architecture with a stack of transformer blocks.

    A family that needs another default declares the field again, without its docstring.
    """

    width: Width = 128
    """Length of the vectors, a multiple of `num_heads`."""
    depth: Count = 4
    """Number of blocks."""
    num_heads: Count = 4
    """Number of attention heads in each block."""
    mlp_units: Width = 512
    """Hidden width of each block's feed-forward network."""
    activation: TransformerActivation = "gelu"
    """Activation of each block's feed-forward network; `gelu` is exact, `gelu_tanh` is
    the approximation of GPT-2."""
    dropout: Fraction = 0.1
    """Fraction of embeddings and branches zeroed in training."""
    attention_dropout: Fraction = 0.1
    """Fraction of the attention weights zeroed in training."""
    epsilon: Epsilon = 1e-6
    """Added to the variance in normalisation."""
    norm: PositionNorm = "layer"
    """Normalisation of each vector: `layer`, by its root mean square (`rms`), or
    `none`."""
    attention: Attention = "dot-product"
    """Attention of each head: scaled `dot-product`, or of normalised queries and keys
    (`qk-norm`), whose scores stay bounded."""

    def stack_settings(self) -> dict[str, Any]:
        """Return the arguments of `transformer_stack` that these keys decide."""
        return {
            "depth": self.depth,
            "num_heads": self.num_heads,
            "mlp_units": self.mlp_units,
            "activation": self.activation,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "epsilon": self.epsilon,
            "norm": self.norm,
            "qk_norm": self.attention == "qk-norm",
        }

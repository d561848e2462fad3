"""The table `[model]`, by the name of the family."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from kerasdl.config.rules import Fraction, NotEmpty, Range, Width

Count = Annotated[int, Range(1, 10_000)]
Widths = Annotated[tuple[Width, ...], NotEmpty()]
VocabularySize = Literal["auto"] | Annotated[int, Range(1, 10_000_000)]
Epsilon = Annotated[float, Range(0, 1, open_low=True)]


@dataclass(frozen=True)
class MLP:
    """Dense layers with batch normalisation and dropout."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = False
    name: Literal["mlp"] = "mlp"
    """The family."""
    hidden_units: Widths = (256, 128)
    """Width of each hidden layer."""
    dropout: Fraction = 0.3
    """Share of hidden activations zeroed in a training step."""


@dataclass(frozen=True)
class CNN:
    """A residual network for images."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = False
    name: Literal["cnn"] = "cnn"
    """The family."""
    filters: Widths = (64, 128, 256)
    """Channels of each residual block; every block after the first halves the image."""
    stem: Literal["auto", "large", "small"] = "auto"
    """`large`: 7×7 convolution, stride 2, then 3×3 max-pooling, stride 2. `small`: 3×3
    convolution, stride 1. `auto`: `small` for images under 64 pixels."""


@dataclass(frozen=True)
class PlainCNN:
    """A convolutional network without shortcuts."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = False
    name: Literal["plain-cnn"] = "plain-cnn"
    """The family."""
    filters: Widths = (32, 64)
    """Channels of each convolution; after each, the image is halved."""
    hidden_units: Width = 512
    """Width of the hidden dense layer."""
    dropout: Fraction = 0.5
    """Share of its activations zeroed in a training step."""


@dataclass(frozen=True)
class ResNet:
    """The residual networks of the paper."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = False
    name: Literal["resnet"] = "resnet"
    """The family."""
    depth: Literal[18, 34, 50] = 18
    """Layers with weights; 50 has bottleneck blocks."""
    stem: Literal["auto", "large", "small"] = "auto"
    """As in `cnn`."""


@dataclass(frozen=True)
class ViT:
    """A vision transformer."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = False
    name: Literal["vit"] = "vit"
    """The family."""
    patch_size: Count = 16
    """Side of a patch in pixels; it divides the image."""
    width: Width = 192
    """Length of the vectors, a multiple of `num_heads`."""
    depth: Count = 12
    """Blocks."""
    num_heads: Count = 3
    """Heads of attention in each block."""
    mlp_units: Width = 768
    """Hidden width of each block's feed-forward network."""
    pooling: Literal["token", "mean"] = "token"
    """Whether a class token or the mean of all patches is classified."""
    dropout: Fraction = 0.0
    """Share of embeddings and branches zeroed in a training step."""
    attention_dropout: Fraction = 0.0
    """Share of the attention weights zeroed in a training step."""
    drop_path: Fraction = 0.0
    """Share of the examples without a branch in the last block; it rises to that."""
    layer_scale: Fraction = 0.0
    """What the factors of each branch begin with; 0 leaves them out."""
    epsilon: Epsilon = 1e-6
    """Added to the variance in normalisation."""


@dataclass(frozen=True)
class RNN:
    """A stack of LSTM or GRU layers."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = False
    name: Literal["rnn"] = "rnn"
    """The family."""
    cell: Literal["lstm", "gru"] = "lstm"
    """The kind of layer."""
    units: Widths = (64, 64)
    """Length of the state of each layer."""
    bidirectional: bool = False
    """Whether each layer also reads backwards, with as many units."""
    pooling: Literal["last", "attention"] = "last"
    """Whether the last state counts, or all of them by learned weights."""
    dropout: Fraction = 0.2
    """Share of the outputs of each layer but the last zeroed in a training step."""


@dataclass(frozen=True)
class BERT:
    """A transformer encoder for text."""

    reads: ClassVar[str] = "tokens"
    reconstructs: ClassVar[bool] = False
    name: Literal["bert"] = "bert"
    """The family."""
    vocabulary_size: VocabularySize = "auto"
    """Token ids there are; `auto` is as many as the data has."""
    positions: Width = 512
    """The longest text, in tokens."""
    token_types: Annotated[int, Range(0, 1000)] = 2
    """Token types; 0 leaves their embedding off."""
    width: Width = 128
    """Length of the vectors, a multiple of `num_heads`."""
    depth: Count = 2
    """Blocks."""
    num_heads: Count = 2
    """Heads of attention in each block."""
    mlp_units: Width = 512
    """Hidden width of each block's feed-forward network."""
    norm_first: bool = False
    """Whether normalisation stands before each branch instead of after each sum."""
    dropout: Fraction = 0.1
    """Share of embeddings and branches zeroed in a training step."""
    attention_dropout: Fraction = 0.1
    """Share of the attention weights zeroed in a training step."""
    epsilon: Epsilon = 1e-12
    """Added to the variance in normalisation."""


@dataclass(frozen=True)
class GPT:
    """A transformer decoder that writes text."""

    reads: ClassVar[str] = "tokens"
    reconstructs: ClassVar[bool] = False
    name: Literal["gpt"] = "gpt"
    """The family."""
    vocabulary_size: VocabularySize = "auto"
    """Token ids there are; `auto` is as many as the data has."""
    positions: Width = 1024
    """The longest text, in tokens."""
    width: Width = 128
    """Length of the vectors, a multiple of `num_heads`."""
    depth: Count = 4
    """Blocks."""
    num_heads: Count = 4
    """Heads of attention in each block."""
    mlp_units: Width = 512
    """Hidden width of each block's feed-forward network."""
    rotary: bool = False
    """Whether positions are rotations in attention instead of learned vectors."""
    dropout: Fraction = 0.1
    """Share of embeddings and branches zeroed in a training step."""
    attention_dropout: Fraction = 0.1
    """Share of the attention weights zeroed in a training step."""
    epsilon: Epsilon = 1e-5
    """Added to the variance in normalisation."""


@dataclass(frozen=True)
class Autoencoder:
    """Dense layers down to a few numbers, and up again."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = True
    name: Literal["autoencoder"] = "autoencoder"
    """The family."""
    hidden_units: Widths = (128, 64)
    """Widths on the way down; the way up has the same, turned round."""
    latent_units: Width = 8
    """Numbers in the middle."""


@dataclass(frozen=True)
class ConvAutoencoder:
    """Convolutions down to a few numbers, and up again."""

    reads: ClassVar[str] = "numbers"
    reconstructs: ClassVar[bool] = True
    name: Literal["conv-autoencoder"] = "conv-autoencoder"
    """The family."""
    filters: Widths = (16, 32)
    """Channels on the way down, where each convolution halves the image."""
    latent_units: Width = 8
    """Numbers in the middle."""

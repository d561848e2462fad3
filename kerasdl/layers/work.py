"""What the layers of kerasdl compute and keep for one example.

The calls inside of a layer are counted by themselves, so these rules say what it does
besides.
"""

from typing import Any

from kerasdl.backend.layer_calls import Call
from kerasdl.backend.work import Rule, Work, activated, drops, each, nothing, numbers
from kerasdl.layers.attention_pooling import AttentionPooling
from kerasdl.layers.batch_ensemble_dense import BatchEnsembleDense
from kerasdl.layers.bottleneck_block import BottleneckBlock
from kerasdl.layers.category_embeddings import CategoryEmbeddings
from kerasdl.layers.clamp import Clamp
from kerasdl.layers.class_token import ClassToken
from kerasdl.layers.convnext_block import ConvNeXtBlock
from kerasdl.layers.drop_path import DropPath
from kerasdl.layers.dropout import Dropout
from kerasdl.layers.feed_forward import FeedForward
from kerasdl.layers.inverted_residual_block import InvertedResidualBlock
from kerasdl.layers.layer_scale import LayerScale
from kerasdl.layers.learned_positions import LearnedPositions
from kerasdl.layers.member_average import MemberAverage
from kerasdl.layers.member_dense import MemberDense
from kerasdl.layers.multi_head_attention import MultiHeadAttention
from kerasdl.layers.ntk_dense import NTKDense
from kerasdl.layers.parametric_activation import ParametricActivation
from kerasdl.layers.patch_embedding import PatchEmbedding
from kerasdl.layers.pbld_embedding import PBLDEmbedding
from kerasdl.layers.piecewise_linear_embedding import PiecewiseLinearEmbedding
from kerasdl.layers.residual_block import ResidualBlock
from kerasdl.layers.residual_sum import ResidualSum
from kerasdl.layers.rms_normalization import RMSNormalization
from kerasdl.layers.rotary_embedding import RotaryEmbedding
from kerasdl.layers.scheduled_dropout import ScheduledDropout
from kerasdl.layers.sinusoidal_positions import SinusoidalPositions
from kerasdl.layers.transformer_block import TransformerBlock


def _residual_block(layer: Any, call: Call) -> Work:
    """Return the work of the sum, and of an activation in the branch and after it."""
    size = numbers(call.output)
    return Work(size + 2 * activated(layer.activation, size), 2 * size)


def _bottleneck_block(layer: Any, call: Call) -> Work:
    """Return the work of the sum, and of two activations in the branch and the last."""
    size = numbers(call.output)
    _, *strided, _ = call.output
    _, *sides, _ = call.input
    inner = layer.filters * (numbers(tuple(sides)) + numbers(tuple(strided)))
    return Work(size + activated(layer.activation, size + inner), size + inner)


def _inverted_residual_block(layer: Any, call: Call) -> Work:
    """Return the work of activations, of squeeze and excitation, and of the sum."""
    *_, channels = call.input
    inner, size = layer.inner_channels(channels), numbers(call.output)
    deep = numbers(call.output[:-1]) * inner
    wide = numbers(call.input[:-1]) * inner if layer.expansion != 1 else 0
    flops, values = activated(layer.activation, wide + deep), wide + deep
    if layer.squeezed:
        between = layer.squeeze_activation or layer.activation
        flops += 2 * deep + activated(between, layer.squeezed)
        flops += activated(layer.gate, inner)
        values += layer.squeezed + 2 * inner + deep
    if layer.has_shortcut:
        flops, values = flops + size, values + size
    return Work(flops, values)


def _convnext_block(layer: Any, call: Call) -> Work:
    """Return the work of an activation and of the sum."""
    size = numbers(call.output)
    return Work(size * (layer.expansion + 1), size * (layer.expansion + 1))


def _feed_forward(layer: Any, call: Call) -> Work:
    hidden = numbers(call.input[:-1]) * layer.units
    flops = 0 if layer.activation == "linear" else hidden
    return Work(flops + hidden, 2 * hidden) if layer.gated else Work(flops, hidden)


def _attention(layer: Any, call: Call) -> Work:
    """Return the work of scores, their scale and softmax, and the weighted sums."""
    _, time, width = call.inputs["inputs"][0]
    _, source, _ = call.inputs.get("context", call.inputs["inputs"])[0]
    pairs = layer.num_heads * time * source
    depth = width // layer.num_heads
    return Work(pairs * (4 * depth + 2), pairs + time * width)


def _attention_pooling(layer: Any, call: Call) -> Work:
    _, time, width = call.input
    return Work(time + 2 * time * width, time + width)


def _ntk_dense(layer: Any, call: Call) -> Work:
    size = numbers(call.output)
    return Work(2 * numbers(call.input) * layer.units + 2 * size, size)


def _parametric_activation(layer: Any, call: Call) -> Work:
    size = numbers(call.output)
    return Work(3 * size + activated(layer.activation, size), 2 * size)


def _batch_ensemble_dense(layer: Any, call: Call) -> Work:
    """Return the work of the factors, the product and the bias of each member."""
    scaled, size = layer.members * call.input[-1], numbers(call.output)
    return Work(scaled + 2 * scaled * layer.units + 2 * size, scaled + size)


def _member_dense(layer: Any, call: Call) -> Work:
    size = numbers(call.output)
    return Work(2 * numbers(call.input) * layer.units + size, size)


def _member_average(layer: Any, call: Call) -> Work:
    """Return the work of a mean, of probabilities by their logarithms."""
    size = numbers(call.input)
    operations = 1 if layer.of == "numbers" else 3  # two functions and the sum
    return Work(operations * size, numbers(call.output))


def _pbld_embedding(layer: Any, call: Call) -> Work:
    """Return the work of cosines, of a product with each feature's, and its bias."""
    features, outputs = numbers(call.input), layer.units - 1
    waves = features * layer.frequencies
    flops = 3 * waves + 2 * waves * outputs + features * outputs
    return Work(flops, waves + numbers(call.output))


def _piecewise_linear_embedding(layer: Any, call: Call) -> Work:
    """Return the work of the places in bins, of a product with them, and two sums."""
    places, size = numbers(call.input) * layer.bins, numbers(call.output)
    flops = 4 * places + 2 * places * layer.units + 3 * size
    return Work(flops, places + size)


OWN_LAYERS: dict[type, Rule] = {
    AttentionPooling: _attention_pooling,
    BatchEnsembleDense: _batch_ensemble_dense,
    BottleneckBlock: _bottleneck_block,
    CategoryEmbeddings: each(0),
    Clamp: each(2),
    ClassToken: each(0),
    ConvNeXtBlock: _convnext_block,
    DropPath: drops,
    Dropout: drops,
    FeedForward: _feed_forward,
    InvertedResidualBlock: _inverted_residual_block,
    LayerScale: each(1),
    LearnedPositions: each(1),
    MemberAverage: _member_average,
    MemberDense: _member_dense,
    MultiHeadAttention: _attention,
    NTKDense: _ntk_dense,
    PBLDEmbedding: _pbld_embedding,
    ParametricActivation: _parametric_activation,
    PatchEmbedding: nothing,
    PiecewiseLinearEmbedding: _piecewise_linear_embedding,
    RMSNormalization: each(4),
    ResidualBlock: _residual_block,
    ResidualSum: each(1),
    RotaryEmbedding: each(3),
    ScheduledDropout: drops,
    SinusoidalPositions: each(1),
    TransformerBlock: nothing,
}
"""The work of each layer, besides the calls inside."""

"""What the layers of Keras compute and keep for one example.

A multiplication and an addition are two operations. A call of an activation, a softmax
or another elementary function is one operation a number. What multiplies padding is
counted, and so are the pairs that a causal mask hides.
"""

from math import prod
from typing import Any

from keras import layers

from kerasdl.backend.layer_calls import Call, Shape
from kerasdl.backend.work import Rule, Work, activated, drops, each, nothing, numbers
from kerasdl.diagnostics.attention_work import ATTENTION
from kerasdl.diagnostics.recurrent_work import RECURRENT


def activation(layer: Any, call: Call) -> Work:
    """Return the work of an activation."""
    size = numbers(call.output)
    return Work(activated(layer.activation, size), size)


def _with_bias(layer: Any, products: int, outputs: int) -> Work:
    """Return the work of products, a bias and an activation."""
    flops = 2 * products + outputs * bool(layer.use_bias)
    return Work(flops + activated(layer.activation, outputs), outputs)


def dense(layer: Any, call: Call) -> Work:
    """Return the work of a product with a matrix."""
    products = numbers(call.input) * layer.units
    return _with_bias(layer, products, numbers(call.output))


def einsum_products(equation: str, *shapes: Shape) -> int:
    """Return the multiplications of `keras.ops.einsum`: the product of all axes."""
    sizes: dict[str, int] = {}
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    for term, shape in zip(terms, shapes, strict=True):
        before, dots, after = term.partition("...")
        middle = len(shape) - len(before) - len(after)
        if dots:
            between = shape[len(before) : len(before) + middle]
            sizes["..."] = max(sizes.get("...", 1), prod(between))
        last = shape[len(shape) - len(after) :]
        sizes |= dict(zip(before + after, (*shape[: len(before)], *last), strict=True))
    return prod(sizes.values())


def einsum_dense(layer: Any, call: Call) -> Work:
    """Return the work of `EinsumDense`."""
    shape = tuple(layer.kernel.shape)
    products = einsum_products(layer.equation, call.input, shape)
    outputs = numbers(call.output)
    flops = 2 * products + outputs * (layer.bias is not None)
    return Work(flops + activated(layer.activation, outputs), outputs)


def _channels(layer: Any, shape: Shape) -> int:
    return shape[-1 if layer.data_format == "channels_last" else 1]


def _places(layer: Any, shape: Shape) -> int:
    return numbers(shape) // _channels(layer, shape)


def convolution(layer: Any, call: Call) -> Work:
    """Return the work of a convolution; groups see a part of the channels."""
    taps = prod(layer.kernel_size) * _channels(layer, call.input) // layer.groups
    outputs = numbers(call.output)
    return _with_bias(layer, outputs * taps, outputs)


def transposed_convolution(layer: Any, call: Call) -> Work:
    """Return the work of a transposed convolution: each input meets the kernel."""
    products = numbers(call.input) * prod(layer.kernel_size) * layer.filters
    return _with_bias(layer, products, numbers(call.output))


def depthwise_convolution(layer: Any, call: Call) -> Work:
    """Return the work of a convolution of each channel."""
    outputs = numbers(call.output)
    return _with_bias(layer, outputs * prod(layer.kernel_size), outputs)


def separable_convolution(layer: Any, call: Call) -> Work:
    """Return the work of a depthwise convolution, and of a 1×1 one after it."""
    middle = _channels(layer, call.input) * layer.depth_multiplier
    places, outputs = _places(layer, call.output), numbers(call.output)
    products = places * middle * (prod(layer.kernel_size) + layer.filters)
    flops, kept, _ = _with_bias(layer, products, outputs)
    return Work(flops, kept + places * middle)


def pooling(layer: Any, call: Call) -> Work:
    """Return the work of pooling: one operation for each number in a window."""
    size = numbers(call.output)
    return Work(size * prod(layer.pool_size), size)


def over_inputs(layer: Any, call: Call) -> Work:
    """Return one operation for each number of the input."""
    return Work(numbers(call.input), numbers(call.output))


def merged(layer: Any, call: Call) -> Work:
    """Return the work of joining tensors, one operation for each but the first."""
    size = numbers(call.output)
    return Work(size * (len(next(iter(call.inputs.values()))) - 1), size)


def averaged(layer: Any, call: Call) -> Work:
    """Return the work of a mean of tensors."""
    flops, size, _ = merged(layer, call)
    return Work(flops + size, size)


def dot(layer: Any, call: Call) -> Work:
    """Return the work of `Dot`."""
    axes, size = layer.axes, numbers(call.output)
    axis = axes if isinstance(axes, int) else axes[0]
    return Work(2 * size * call.input[axis], size)


def tied_embedding(layer: Any, call: Call) -> Work:
    """Return the work of a lookup, or of the product that reverses it."""
    size = numbers(call.output)
    is_reversed = len(call.output) == len(call.input)
    return Work(2 * numbers(call.input) * layer.input_dim * is_reversed, size)


def _of(rule: Rule, *names: str) -> dict[type, Rule]:
    """Return the rule for layers of Keras, by class."""
    return {getattr(layers, name): rule for name in names}


def _ranks(rule: Rule, *names: str) -> dict[type, Rule]:
    """Return the rule for layers of one to three dimensions."""
    ranked = (name.format(rank) for name in names for rank in "123")
    return _of(rule, *(name for name in ranked if name in vars(layers)))


KERAS_LAYERS: dict[type, Rule] = {
    **ATTENTION,
    **RECURRENT,
    **_of(dense, "Dense"),
    **_of(einsum_dense, "EinsumDense"),
    **_ranks(convolution, "Conv{}D"),
    **_ranks(transposed_convolution, "Conv{}DTranspose"),
    **_ranks(depthwise_convolution, "DepthwiseConv{}D"),
    **_ranks(separable_convolution, "SeparableConv{}D"),
    **_ranks(pooling, "MaxPooling{}D", "AveragePooling{}D"),
    **_ranks(over_inputs, "GlobalMaxPooling{}D", "GlobalAveragePooling{}D"),
    **_ranks(over_inputs, "AdaptiveMaxPooling{}D", "AdaptiveAveragePooling{}D"),
    **_ranks(each(0), "ZeroPadding{}D", "Cropping{}D", "UpSampling{}D"),
    **_of(activation, "Activation"),
    **_of(each(1), "ReLU", "ELU", "LeakyReLU", "PReLU", "Softmax", "Masking"),
    **_of(each(2), "BatchNormalization", "Normalization", "Rescaling"),
    **_of(each(7), "LayerNormalization", "GroupNormalization"),
    **_of(each(4), "RMSNormalization"),
    **_of(each(3), "UnitNormalization"),
    **_of(each(0), "Embedding", "RepeatVector", "Permute", "Concatenate"),
    **_of(tied_embedding, "ReversibleEmbedding"),
    **_of(merged, "Add", "Subtract", "Multiply", "Maximum", "Minimum"),
    **_of(averaged, "Average"),
    **_of(dot, "Dot"),
    **_of(drops, "Dropout", "AlphaDropout", "GaussianDropout"),
    **_of(each(0), "GaussianNoise"),
    **_ranks(drops, "SpatialDropout{}D"),
    **_of(nothing, "Reshape", "Flatten", "Identity", "ActivityRegularization"),
    **_of(nothing, "TimeDistributed"),
}
"""The work of each layer; it does not count the calls inside."""

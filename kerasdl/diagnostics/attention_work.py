"""What the attention layers of Keras compute and keep for one example."""

from math import prod
from typing import Any

from keras import layers

from kerasdl.backend.layer_calls import Call
from kerasdl.backend.work import Rule, Work, numbers


def scores_work(heads: int, queries: int, keys: int, depth: int, values: int) -> Work:
    """Return the work of scaled dot-product attention, without its projections.

    Args:
        heads: Number of heads.
        queries: Length of the sequence that attends.
        keys: Length of the sequence that is attended to.
        depth: Width of a query and a key of a head.
        values: Width of a value of a head.
    """
    pairs = heads * queries * keys
    flops = pairs * (2 * depth + 2 * values + 2)  # and the scale and the softmax
    return Work(flops, pairs + heads * queries * values)


def multi_head(layer: Any, call: Call) -> Work:
    """Return the work of `MultiHeadAttention`, with its projections."""
    return _projected(
        call,
        (layer.num_heads, layer.num_heads),
        (layer.key_dim, layer.value_dim),
        layer.use_bias,
    )


def grouped(layer: Any, call: Call) -> Work:
    """Return the work of `GroupQueryAttention`, with its projections."""
    heads = layer.num_query_heads, layer.num_key_value_heads
    widths = layer.head_dim, layer.head_dim
    work = _projected(call, heads, widths, layer.use_bias)
    if not layer.use_gate:
        return work
    *time, width = call.inputs["query"][0]
    gates = prod(time) * heads[0] * layer.head_dim
    flops = gates * (2 * width + layer.use_bias + 2)  # a sigmoid and a product
    return Work(work.flops + flops, work.kept + 2 * gates, whole=True)


def _projected(
    call: Call, heads: tuple[int, int], widths: tuple[int, int], use_bias: bool
) -> Work:
    """Return the work of projections, attention, and the last projection.

    Args:
        call: The call on a query, a value and perhaps a key.
        heads: Heads of the queries, and of the keys and values.
        widths: Width of a key and of a value, in each head.
        use_bias: Whether the projections have one.
    """
    query, value = call.inputs["query"][0], call.inputs["value"][0]
    key = call.inputs.get("key", [value])[0]
    (_, *times, _), (_, *sources, _) = query, value
    time, source, (depth, width) = prod(times), prod(sources), widths
    flops = kept = 0
    for x, length, units in (
        (query, time, heads[0] * depth),
        (key, source, heads[1] * depth),
        (value, source, heads[1] * width),
        ((heads[0] * width,), time, call.output[-1]),
    ):
        flops += length * units * (2 * x[-1] + use_bias)
        kept += length * units
    work = scores_work(heads[0], time, source, depth, width)
    return Work(flops + work.flops, kept + work.kept, whole=True)


def dot_product(layer: Any, call: Call) -> Work:
    """Return the work of `Attention`: scores, softmax and weighted sum."""
    query, value, *_ = call.inputs["inputs"]
    key = call.inputs["inputs"][2] if len(call.inputs["inputs"]) > 2 else value
    pairs, depth = query[1] * value[1], key[-1]
    per_pair = 2 * depth + layer.use_scale
    if layer.score_mode == "concat":  # a sum, a tanh, and a sum of them
        per_pair = depth * (3 + layer.use_scale) + 1
    flops = pairs * (per_pair + 1 + 2 * value[-1])
    return Work(flops, pairs + numbers(call.output), whole=True)


def additive(layer: Any, call: Call) -> Work:
    """Return the work of `AdditiveAttention`: a sum, a tanh and a product a number."""
    query, value, *_ = call.inputs["inputs"]
    pairs = query[1] * value[1]
    flops = pairs * ((3 + layer.use_scale) * query[-1] + 1 + 2 * value[-1])
    return Work(flops, pairs + numbers(call.output), whole=True)


ATTENTION: dict[type, Rule] = {
    layers.MultiHeadAttention: multi_head,
    layers.GroupQueryAttention: grouped,
    layers.Attention: dot_product,
    layers.AdditiveAttention: additive,
}

"""What the operations between the layers of a functional model compute and keep."""

from typing import Any

from kerasdl.backend.layer_calls import Call
from kerasdl.backend.work import Rule, Work, each, nothing, numbers
from kerasdl.diagnostics.layer_work import einsum_products, over_inputs


def _matmul(operation: Any, call: Call) -> Work:
    size = numbers(call.output)
    return Work(2 * size * call.input[-1], size)


def _einsum(operation: Any, call: Call) -> Work:
    shapes = [shape for group in call.inputs.values() for shape in group]
    products = einsum_products(operation.subscripts, *shapes)
    return Work((2 if len(shapes) > 1 else 1) * products, numbers(call.output))


def _named(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


OPERATIONS: dict[str, Rule] = {
    **_named(_matmul, "Matmul"),
    **_named(_einsum, "Einsum"),
    **_named(each(1), "Add Subtract Multiply Divide TrueDivide Maximum Minimum Clip"),
    **_named(each(1), "Abs Absolute Negative Square Sqrt Rsqrt Exp Log Log1p Power"),
    **_named(each(1), "Sin Cos Tanh Sigmoid Relu Relu6 Silu Gelu Elu Selu LeakyRelu"),
    **_named(each(1), "Softplus Softmax LogSoftmax Where Equal NotEqual Greater"),
    **_named(each(1), "GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot"),
    **_named(over_inputs, "Sum Mean Max Min Amax Amin Prod"),
    **_named(each(0), "Concatenate Stack Take GetItem Slice Pad Repeat Tile Flip Roll"),
    **_named(each(0), "BroadcastTo Transpose Swapaxes Moveaxis Split Cast OneHot"),
    **_named(each(0), "ZerosLike OnesLike Tril Triu TakeAlongAxis"),
    **_named(nothing, "Reshape Ravel Squeeze ExpandDims StopGradient Rearrange"),
}
"""The work of each operation of Keras, by the name of its class."""

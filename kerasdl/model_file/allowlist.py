"""The second stage: check a model config against an allowlist.

Keras builds any class and calls any function that a config names, except those it knows
to be dangerous. Here only listed names are allowed: Keras layers that carry no code of
their own, and the layers of kerasdl. No name leads to the import of a module.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasdl import registry
from kerasdl.errors import UnsafeError

HINT = "do not use this model, or build it in Python and load its weights"
MAX_OBJECTS = 10_000
MAX_DEPTH = 64


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LAYERS = _names("""
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention
    Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization
    Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D
    Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D
    Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU
    EinsumDense Embedding Flatten GRU GRUCell GaussianDropout GaussianNoise
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization
    GroupQueryAttention Identity InputLayer LSTM LSTMCell LayerNormalization LeakyReLU
    Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum MultiHeadAttention
    Multiply Normalization PReLU Permute RMSNormalization RNN ReLU RepeatVector
    Rescaling Reshape Resizing ReversibleEmbedding SeparableConv1D SeparableConv2D
    SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells Subtract TimeDistributed UnitNormalization
    UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
""")
"""Of `keras.layers`, without `Lambda`, wrappers of another library's code, layers that
read vocabulary files, and layers only for preprocessing."""
ACTIVATIONS = _names("""
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh
    leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu
    soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax
    squareplus swish tanh tanh_shrink threshold
""")
INITIALIZERS = _names("""
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal
    LecunUniform Ones Orthogonal RandomNormal RandomUniform TruncatedNormal
    VarianceScaling Zeros
""")
REGULARIZERS = ["L1", "L1L2", "L2", "OrthogonalRegularizer"]
CONSTRAINTS = ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"]
OPERATIONS = _names("""
    Abs Add Concatenate Divide Equal ExpandDims GetItem Greater GreaterEqual Less
    LessEqual LogicalAnd LogicalNot LogicalOr Matmul Max Maximum Mean Min Minimum
    Multiply Negative NotEqual OnesLike Power Reshape Sqrt Square Squeeze Stack Subtract
    Sum Transpose TrueDivide Where ZerosLike
""")
"""Of `keras.ops`, as a functional model holds them; none repeats its input."""
KERAS: dict[str, Sequence[str]] = {
    "keras": ["DTypePolicy", "Functional", "Model", "Sequential"],
    "keras.src.models.functional": ["Functional"],
    "keras.src.ops.numpy": OPERATIONS,
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
}
"""Module to the classes of it that a config may name."""
VALUES = ["__keras_tensor__", "__ellipsis__", "__slice__", "__tuple__"]
"""Keras's encodings of values that JSON lacks; decoding them calls nothing."""
OUR_FOLDERS = ("initializers", "layers")
_PACKAGE = Path(__file__).resolve().parent.parent


def check_config(config: Any, name: str) -> None:
    """Check that a model config names only what is allowed.

    Removes the compile configs from it.

    Args:
        config: The parsed JSON of a model file.
        name: Where it is from, for messages.

    Raises:
        UnsafeError: If it names anything else, has more than `MAX_OBJECTS` parts, or is
            nested more deeply than `MAX_DEPTH`.
        TypeError: If it is not the config of a model.
    """
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise TypeError("config.json does not hold a model")
    pending: list[tuple[Any, int]] = [(config, 0)]
    objects = 0
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise UnsafeError(f"the config of {name} is nested too deeply", HINT)
        items = value
        if isinstance(value, dict):
            value.pop("compile_config", None)  # a model is loaded uncompiled
            items = value.values()
            if "class_name" in value:
                objects += 1
                _check_object(value, name)
            _check_name(value.get("name"), name)
        if objects > MAX_OBJECTS:
            what = f"the config of {name} has more than {MAX_OBJECTS:,} parts"
            raise UnsafeError(what, HINT)
        pending += [
            (item, depth + 1) for item in items if isinstance(item, dict | list)
        ]


def _check_object(value: dict[str, Any], name: str) -> None:
    """Refuse the config of an object that is not allowed."""
    kind, module = value["class_name"], value.get("module")
    registered = value.get("registered_name")
    if kind == "function":
        function = value.get("config")
        allowed = function in ACTIVATIONS and registered in (None, function)
        if allowed and module in ("builtins", "keras.activations"):
            return
        kind = function
    elif (
        (kind in VALUES and module is None and registered is None)
        or (kind in KERAS.get(str(module), ()) and registered in (None, kind))
        or _is_ours(kind, module, registered)
        or f"{module}:{kind}" in registry.places("layers")
    ):
        return
    what = f"{name} names {module}.{kind}"[:200]
    raise UnsafeError(f"{what}, which is not allowed in a model file", HINT)


def _is_ours(kind: Any, module: Any, registered: Any) -> bool:
    """Return whether a class is one of kerasdl, in the file named after it."""
    match = re.fullmatch(r"kerasdl\.([a-z]+)\.([a-z0-9_]+)", str(module))
    return (
        isinstance(kind, str)
        and match is not None
        and match[1] in OUR_FOLDERS
        and match[2].replace("_", "") == kind.lower()
        and registered == f"kerasdl>{kind}"
        and (_PACKAGE / match[1] / f"{match[2]}.py").is_file()
    )


def _check_name(layer: Any, name: str) -> None:
    """Refuse a layer name that would be a path to elsewhere."""
    if not isinstance(layer, str):
        return
    if {"", ".."} & {*layer.replace("\\", "/").split("/")} or "\0" in layer:
        what = f"{name} has a layer named {layer!r:.80}"
        raise UnsafeError(what, HINT)

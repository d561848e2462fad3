"""Every family as a small model, and its variants."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.models import FAMILIES
from kerasdl.models.families import convnext, efficientnet, mobilenet

SMALL: dict[str, tuple[tuple, dict[str, Any]]] = {
    "autoencoder": ((12,), {"hidden_units": (8,), "latent_units": 3}),
    "bert": (
        (7,),
        {"vocabulary_size": 11, "width": 8, "depth": 1, "mlp_units": 16},
    ),
    "cnn": ((8, 8, 1), {"filters": (4, 8)}),
    "conv-autoencoder": ((8, 8, 1), {"filters": (4, 8), "latent_units": 3}),
    "convnext": ((32, 32, 1), {"layer_scale": 0.5}),
    "efficientnet": ((8, 8, 3), {"variant": "b0"}),
    "encoder-decoder": (
        (2, 7),
        {"width": 8, "depth": 1, "num_heads": 2, "mlp_units": 16},
    ),
    "gpt": ((7,), {"width": 8, "depth": 1, "num_heads": 2, "mlp_units": 16}),
    "llama": (
        (7,),
        {"width": 8, "depth": 1, "num_heads": 2, "num_kv_heads": 1, "mlp_units": 16},
    ),
    "mlp": ((12,), {"hidden_units": (8, 6)}),
    "mobilenet": ((8, 8, 3), {}),
    "nlinear": ((6, 3), {"hidden_units": 5}),
    "plain-cnn": ((8, 8, 1), {"filters": (4, 8), "hidden_units": 16}),
    "realmlp": ((12,), {"hidden_units": (8, 6), "indicators": 5}),
    "resnet": ((8, 8, 1), {}),
    "rnn": ((6, 5), {"units": (4, 3), "bidirectional": True, "pooling": "attention"}),
    "tabm": (
        (12,),
        {"hidden_units": (8, 6), "members": 3, "bins": 4, "indicators": 5},
    ),
    "vit": (
        (8, 8, 1),
        {"patch_size": 4, "width": 12, "depth": 2, "mlp_units": 16, "drop_path": 0.1},
    ),
}
"""Family to the shape of an input and the arguments of a small model."""
OUTPUTS = 11
WRITERS = ("gpt", "llama", "encoder-decoder")
"""Families that predict the tokens they read."""
REMOVED = {
    "autoencoder": "",
    "bert": "key/bias",
    "cnn": "",
    "conv-autoencoder": "",
    "convnext": "",
    "efficientnet": "",
    "encoder-decoder": "key/bias",
    "gpt": "key/bias",
    "llama": "",
    "mlp": "dense_1/bias dense_2/bias",
    "mobilenet": "",
    "nlinear": "",
    "plain-cnn": "",
    "realmlp": "",
    "resnet": "",
    "rnn": "",
    "tabm": "",
    "vit": "key/bias",
}
"""Biases that a normalisation or a softmax takes away again: their gradient is zero."""


VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "autoencoder of batch norms": ("autoencoder", {"norm": "batch"}),
    "autoencoder of tanh": ("autoencoder", {"activation": "tanh"}),
    "bert of pairs": ("bert", {"norm_first": True}),
    "bert of relu": ("bert", {"activation": "relu"}),
    "bert of root mean squares": ("bert", {"norm": "rms"}),
    "bert of normalised queries": ("bert", {"attention": "qk-norm"}),
    "bert without types": ("bert", {"token_types": 0}),
    "cnn of layer norms": ("cnn", {"norm": "layer", "activation": "gelu"}),
    "cnn without norms": ("cnn", {"norm": "none", "activation": "elu"}),
    "conv-autoencoder of elu": ("conv-autoencoder", {"activation": "elu"}),
    "conv-autoencoder of layer norms": ("conv-autoencoder", {"norm": "layer"}),
    "gpt of exact gelu": ("gpt", {"activation": "gelu"}),
    "gpt of root mean squares": ("gpt", {"norm": "rms"}),
    "gpt of normalised queries": ("gpt", {"attention": "qk-norm", "rotary": True}),
    "gpt with rotations": ("gpt", {"rotary": True}),
    "gru": ("rnn", {"cell": "gru", "bidirectional": False, "pooling": "last"}),
    "mlp of layer norms": ("mlp", {"norm": "layer", "activation": "leaky_relu"}),
    "mlp with shortcuts": ("mlp", {"residual": True, "norm": "rms"}),
    "mlp without norms": ("mlp", {"norm": "none", "activation": "silu"}),
    "nlinear alone": ("nlinear", {"hidden_units": 0}),
    "plain-cnn of batch norms": (
        "plain-cnn",
        {"norm": "batch", "activation": "silu"},
    ),
    "plain-cnn of gelu": ("plain-cnn", {"activation": "gelu"}),
    "resnet of bottlenecks": (
        "resnet",
        {"depth": 50, "norm": "rms", "activation": "silu", "stem": "large"},
    ),
    "simple": ("rnn", {"cell": "simple"}),
    "tabm of numbers": ("tabm", {"averages": "numbers", "bins": 0}),
    "vit of approximate gelu": ("vit", {"activation": "gelu_tanh"}),
    "vit of means": ("vit", {"pooling": "mean", "layer_scale": 0.1, "dropout": 0.1}),
    "vit without norms": ("vit", {"norm": "none"}),
}
"""What else a family may be, to what it differs by from its small model."""
ROUNDED = {"vit without norms": "query key"}
"""Weights that one step leaves as they are: scores of such small vectors hardly differ."""


LIKE_OTHERS = {
    name for name in VARIANTS if VARIANTS[name][1].keys() == {"activation"}
} | {
    "autoencoder of batch norms",
    "bert of normalised queries",
    "bert of root mean squares",
    "bert without types",
    "cnn of layer norms",
    "cnn without norms",
    "conv-autoencoder of layer norms",
    "gpt of root mean squares",
    "gpt with rotations",
    "mlp of layer norms",
    "mlp without norms",
    "plain-cnn of batch norms",
}
"""Those that differ from another one, or from the usual model, by an activation or by
a norm that others have as well."""


@contextmanager
def few_blocks() -> Iterator[None]:
    """Let networks for images have few blocks or channels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convnext, "WIDTHS", (4, 6, 8, 8))
        patch.setitem(convnext.BLOCKS, "tiny", (1, 1, 1, 1))
        large = mobilenet.NETWORKS["v3-large"]
        blocks = (large.blocks[0], *large.blocks[3:5])
        blocks = (blocks[0], blocks[1]._replace(inner=24), blocks[2]._replace(inner=24))
        small = large._replace(blocks=blocks, last=16, hidden=12)
        patch.setitem(mobilenet.NETWORKS, "v3-large", small)
        patch.setattr(efficientnet, "STAGES", efficientnet.STAGES[:2])
        patch.setattr(efficientnet, "LAST", 16)
        yield


def build(
    family: str, seed: int = 0, shape: tuple | None = None, **changed: Any
) -> keras.Model:
    small, arguments = SMALL[family]
    outputs = None if family.endswith("autoencoder") else OUTPUTS
    with few_blocks():
        made = FAMILIES[family]
        return made(shape or small, outputs, seed=seed, **arguments | changed)


def inputs(family: str, count: int = 6) -> np.ndarray:
    shape, drawn = (count, *SMALL[family][0]), np.random.default_rng(0)
    if family in ("bert", *WRITERS):
        return drawn.integers(1, OUTPUTS, shape).astype("int32")
    return drawn.normal(size=shape).astype("float32")


def output_shape(family: str) -> tuple:
    shape = SMALL[family][0]
    if family.endswith("autoencoder"):
        return shape
    return (shape[-1], OUTPUTS) if family in WRITERS else (OUTPUTS,)

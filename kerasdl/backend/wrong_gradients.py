"""Detection of convolutions whose gradient is wrong on this CPU."""

import os

import keras
from keras import layers
from numpy._core._multiarray_umath import __cpu_features__

from kerasdl import backend
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.finding import Finding

BELOW_AVX2 = ("sse41", "avx")
WITH_AVX2 = ("avx2", "avx2_vnni", "avx2_vnni_2")
"""The values of `ONEDNN_MAX_CPU_ISA` below AVX-512."""
BLOCK = 8
"""Channels that oneDNN's AVX2 kernels process at once."""


def wrong_gradients(model: keras.Model) -> list[Finding]:
    """Return a finding for each layer of a built model that cannot learn on this CPU.

    These are strided 1×1 convolutions with fewer than 8 channels in the larger image.
    Where oneDNN finds AVX2 but no AVX-512, their kernel gradient is wrong and differs
    each time. https://github.com/uxlfoundation/oneDNN/issues/6035
    """
    if not backend.current().convolves_by_onednn() or not _stops_at_avx2():
        return []
    affected = filter(_is_affected, flatten_layers(model))
    return [_finding(layer) for layer in affected]


def _stops_at_avx2() -> bool:
    """Return whether oneDNN uses AVX2 but nothing beyond it."""
    names = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
    limit = next(filter(None, map(os.environ.get, names)), "").lower()
    if not __cpu_features__.get("AVX2") or limit in BELOW_AVX2:
        return False
    return limit in WITH_AVX2 or not __cpu_features__.get("AVX512F")


def _is_affected(layer: keras.layers.Layer) -> bool:
    convolution = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
    if keras.config.backend() == "tensorflow":
        convolution += (layers.Conv2DTranspose,)
    if not isinstance(layer, convolution) or not (layer.built and layer.trainable):
        return False
    separable = isinstance(layer, layers.SeparableConv2D)
    kernel = layer.depthwise_kernel if separable else layer.kernel
    # For a transposed convolution, these are its outputs, the larger image.
    channels = kernel.shape[-2]
    by_channel = isinstance(layer, (layers.DepthwiseConv2D, layers.SeparableConv2D))
    groups = channels if by_channel else getattr(layer, "groups", 1)
    return (
        set(layer.kernel_size) == {1}
        and max(layer.strides) > 1
        and channels < BLOCK
        and groups == 1
        and layer.data_format == "channels_last"
        and layer.compute_dtype == "float32"
    )


def _finding(layer: keras.layers.Layer) -> Finding:
    what = (
        f"layer {layer.path} will learn from wrong gradients: on a processor without "
        f"AVX-512, oneDNN fails in strided 1×1 convolutions of fewer than {BLOCK} "
        "channels"
    )
    hint = f"give it {BLOCK} channels, or train it under JAX"
    if not isinstance(layer, layers.Conv2DTranspose):
        rows, columns = layer.strides
        subsample = f"`x[:, ::{rows}, ::{columns}]`"
        hint = f"convolve {subsample} with strides of 1 instead, {hint}"
    return Finding("wrong-gradient", what, hint, layer.path, severity="error")

"""Layers that Keras lacks, or that draw the same numbers on every backend."""

from kerasdl.layers.attention_pooling import AttentionPooling
from kerasdl.layers.batch_ensemble_dense import BatchEnsembleDense
from kerasdl.layers.batch_normalization import batch_normalization
from kerasdl.layers.bottleneck_block import BottleneckBlock
from kerasdl.layers.category_embeddings import CategoryEmbeddings
from kerasdl.layers.clamp import Clamp
from kerasdl.layers.class_token import ClassToken
from kerasdl.layers.convnext_block import ConvNeXtBlock
from kerasdl.layers.convolution import convolution
from kerasdl.layers.dense import dense
from kerasdl.layers.drop_path import DropPath
from kerasdl.layers.dropout import Dropout
from kerasdl.layers.feed_forward import FeedForward
from kerasdl.layers.inverted_residual_block import InvertedResidualBlock
from kerasdl.layers.layer_scale import LayerScale
from kerasdl.layers.learned_positions import LearnedPositions
from kerasdl.layers.member_average import MemberAverage
from kerasdl.layers.member_dense import MemberDense
from kerasdl.layers.multi_head_attention import MultiHeadAttention
from kerasdl.layers.normalization import normalization
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

__all__ = [
    "AttentionPooling",
    "BatchEnsembleDense",
    "BottleneckBlock",
    "CategoryEmbeddings",
    "Clamp",
    "ClassToken",
    "ConvNeXtBlock",
    "DropPath",
    "Dropout",
    "FeedForward",
    "InvertedResidualBlock",
    "LayerScale",
    "LearnedPositions",
    "MemberAverage",
    "MemberDense",
    "MultiHeadAttention",
    "NTKDense",
    "PBLDEmbedding",
    "ParametricActivation",
    "PatchEmbedding",
    "PiecewiseLinearEmbedding",
    "RMSNormalization",
    "ResidualBlock",
    "ResidualSum",
    "RotaryEmbedding",
    "ScheduledDropout",
    "SinusoidalPositions",
    "TransformerBlock",
    "batch_normalization",
    "convolution",
    "dense",
    "normalization",
]

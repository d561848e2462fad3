"""Architectures by name; each family is a function that returns a Keras model."""

from kerasdl.models.autoencoder import autoencoder
from kerasdl.models.bert import bert
from kerasdl.models.cnn import cnn
from kerasdl.models.conv_autoencoder import conv_autoencoder
from kerasdl.models.encoder_decoder import encoder_decoder
from kerasdl.models.families import FAMILIES, build
from kerasdl.models.from_preset import from_preset
from kerasdl.models.gpt import gpt
from kerasdl.models.mlp import mlp
from kerasdl.models.plain_cnn import plain_cnn
from kerasdl.models.resnet import resnet
from kerasdl.models.rnn import rnn
from kerasdl.models.vit import vit

__all__ = [
    "FAMILIES",
    "autoencoder",
    "bert",
    "build",
    "cnn",
    "conv_autoencoder",
    "encoder_decoder",
    "from_preset",
    "gpt",
    "mlp",
    "plain_cnn",
    "resnet",
    "rnn",
    "vit",
]

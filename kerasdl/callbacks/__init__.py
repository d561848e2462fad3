"""Keras callbacks, usable in any `model.fit`."""

from kerasdl.callbacks.averaged_weights import AveragedWeights
from kerasdl.callbacks.checkpoint import Checkpoint
from kerasdl.callbacks.early_stopping import EarlyStopping
from kerasdl.callbacks.layer_diagnostics import LayerDiagnostics
from kerasdl.callbacks.loss_diagnostics import LossDiagnostics
from kerasdl.callbacks.metrics_log import MetricsLog
from kerasdl.callbacks.nan_guard import NaNGuard
from kerasdl.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from kerasdl.callbacks.resource_diagnostics import ResourceDiagnostics
from kerasdl.callbacks.validation_scores import ValidationScores

__all__ = [
    "AveragedWeights",
    "Checkpoint",
    "EarlyStopping",
    "LayerDiagnostics",
    "LossDiagnostics",
    "MetricsLog",
    "NaNGuard",
    "ReduceLROnPlateau",
    "ResourceDiagnostics",
    "ValidationScores",
]

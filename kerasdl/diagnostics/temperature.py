"""Temperature scaling: calibrated probabilities without a change of predictions."""

import numpy as np

from kerasdl.diagnostics.scores import calibration_error
from kerasdl.figures import Table

LOWEST, HIGHEST = 0.05, 20.0
"""Temperatures that are searched."""


def fit_temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """Return the temperature of the least log-loss; Guo et al. 2017, section 4.2.

    https://arxiv.org/abs/1706.04599

    Args:
        labels: Integers of shape `(examples,)`.
        logits: Floats of shape `(examples, classes)`, to divide by the temperature.
    """
    from scipy.optimize import minimize_scalar

    bounds = np.log(LOWEST), np.log(HIGHEST)
    best = minimize_scalar(
        lambda t: _log_loss(labels, logits / np.exp(t)),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(best.x))


def calibration_table(
    labels: np.ndarray,
    logits: np.ndarray,
    validation_labels: np.ndarray,
    validation_logits: np.ndarray,
) -> Table:
    """Return the calibration as it is, and with the temperature of the validation split.

    Args:
        labels: Classes, integers of shape `(examples,)`.
        logits: Floats of shape `(examples, classes)`.
        validation_labels: Classes of the validation split.
        validation_logits: Logits for it.
    """
    from scipy.special import softmax

    fitted = fit_temperature(validation_labels, validation_logits.astype("float64"))
    rows = []
    for temperature in (1.0, fitted):
        scaled = logits.astype("float64") / temperature
        error = calibration_error(labels, softmax(scaled, axis=-1))
        rows.append([temperature, error, _log_loss(labels, scaled)])
    note = "The second temperature has the least log-loss of the validation split."
    columns = ["temperature", "calibration error", "log-loss"]
    return Table("Calibration", columns, rows, note)


def _log_loss(labels: np.ndarray, logits: np.ndarray) -> float:
    from scipy.special import logsumexp

    own = logits[np.arange(len(labels)), labels]
    return float((logsumexp(logits, axis=-1) - own).mean())

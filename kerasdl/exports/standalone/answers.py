"""What the outputs of a network mean. Needs NumPy alone."""

from collections.abc import Callable
from typing import Any

import numpy as np


def answers(
    batch: np.ndarray,
    outputs_of: Callable[[np.ndarray], np.ndarray],
    meaning: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return what a network says of each example, as JSON values by name.

    Args:
        batch: Inputs of the network, of shape `(examples, …)`.
        outputs_of: Returns its outputs for them, of shape `(examples, …)`.
        meaning: Content of `preprocessing.json`.
    """
    outputs = np.asarray(outputs_of(batch), "float64")
    if meaning["task"] == "reconstruction":
        columns = _reconstructions(batch, outputs, meaning)
    else:
        columns = TASKS.get(meaning["task"], _outputs)(outputs, meaning["targets"])
    names, rows = columns.keys(), zip(*columns.values(), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _classes(outputs: np.ndarray, targets: dict[str, Any]) -> dict[str, list[Any]]:
    shares = np.exp(outputs - outputs.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    names = targets["names"] or [*range(targets["num_classes"])]
    found = {"prediction": [names[n] for n in shares.argmax(-1).tolist()]}
    columns = zip(names, shares.T, strict=True)
    return found | {f"probability {name}": each.tolist() for name, each in columns}


def _labels(outputs: np.ndarray, targets: dict[str, Any]) -> dict[str, list[Any]]:
    names = targets["names"] or [*map(str, range(outputs.shape[1]))]
    values = targets["values"] or [[0, 1]] * len(names)
    found = {
        f"prediction {name}": [pair[each > 0] for each in column]
        for name, pair, column in zip(names, values, outputs.T, strict=True)
    }
    columns = zip(names, 0.5 * (1 + np.tanh(outputs.T / 2)), strict=True)
    return found | {f"probability {name}": each.tolist() for name, each in columns}


def _numbers(outputs: np.ndarray, targets: dict[str, Any]) -> dict[str, list[Any]]:
    if "columns" not in targets:
        return {"prediction": _number(outputs[:, 0], targets)}
    names = targets["names"] or [*map(str, range(outputs.shape[1]))]
    columns = zip(names, targets["columns"], outputs.T, strict=True)
    return {f"prediction {name}": _number(each, told) for name, told, each in columns}


def _number(outputs: np.ndarray, told: dict[str, Any]) -> list[float]:
    """Return numbers in the units of the data; 0 for what only rounding tells from it."""
    numbers = outputs * told["scale"] + told["mean"]
    rounding = np.finfo("float32").eps * abs(told["mean"])
    return np.where(np.abs(numbers) <= rounding, 0.0, numbers).tolist()


def _vectors(outputs: np.ndarray, targets: dict[str, Any]) -> dict[str, list[Any]]:
    if targets["normalized"]:
        lengths = np.linalg.norm(outputs, axis=-1, keepdims=True)
        outputs = outputs / np.maximum(lengths, 1e-12)
    return {"embedding": outputs.tolist()}


def _reconstructions(
    batch: np.ndarray, outputs: np.ndarray, meaning: dict[str, Any]
) -> dict[str, list[Any]]:
    told, given = meaning["preprocessing"], batch.astype("float64")
    if meaning["scales"]:  # the network does it; its outputs are scaled as well
        whole = 255 if meaning["kind"] == "images" else 1
        given = (given / whole - np.array(told["mean"])) / np.array(told["scale"])
    errors = np.square(outputs - given).reshape(len(batch), -1).mean(1)
    return {"error": errors.tolist()}


def _tokens(outputs: np.ndarray, targets: dict[str, Any]) -> dict[str, list[Any]]:
    return {"likeliest tokens": outputs.argmax(-1).tolist()}


def _outputs(outputs: np.ndarray, targets: dict[str, Any]) -> dict[str, list[Any]]:
    return {"outputs": outputs.tolist()}


TASKS = {
    "classification": _classes,
    "multi-label": _labels,
    "regression": _numbers,
    "forecasting": _numbers,
    "embedding": _vectors,
    "masked-language-modelling": _tokens,
}

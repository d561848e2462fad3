"""Keras's flat list of weights as nested parts, for the models written by hand."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

Weights = Iterator[np.ndarray]
Part = dict[str, Any]


def nest(name: str, weights: Iterable[np.ndarray]) -> tuple[Part, list[Part]]:
    """Return the trainable arrays by part, and the moving statistics of each norm.

    Args:
        name: A key of `LAYOUTS`.
        weights: `model.get_weights()`, or anything in that order.
    """
    statistics: list[Part] = []
    remaining = iter(weights)
    parameters = LAYOUTS[name](remaining, statistics)
    if (left := len(list(remaining))) > 0:
        raise ValueError(f"`weights` has {left} arrays more than {name!r} takes")
    return parameters, statistics


def _mlp_small(weights: Weights, statistics: list[Part]) -> Part:
    blocks = [
        {"dense": _dense(weights), "norm": _batch_norm(weights, statistics)}
        for _ in range(2)
    ]
    return {"blocks": blocks, "head": _dense(weights)}


def _mlp(weights: Weights, statistics: list[Part]) -> Part:
    return {"layers": [_dense(weights) for _ in range(2)], "head": _dense(weights)}


def _lstm(weights: Weights, statistics: list[Part]) -> Part:
    names = ("kernel", "recurrent", "bias")
    layers = [_take(weights, *names) for _ in range(2)]
    return {"layers": layers, "head": _dense(weights)}


def _transformer(weights: Weights, statistics: list[Part]) -> Part:
    return {
        **_take(weights, "tokens", "positions"),
        "blocks": [_transformer_block(weights) for _ in range(2)],
        "norm": _norm(weights),
        "head": _dense(weights),
    }


def _transformer_block(weights: Weights) -> Part:
    return {
        "norm_1": _norm(weights),
        "query": _dense(weights),
        "key": _dense(weights),
        "value": _dense(weights),
        "out": _dense(weights),
        "norm_2": _norm(weights),
        "up": _dense(weights),
        "down": _dense(weights),
    }


def _cnn(weights: Weights, statistics: list[Part]) -> Part:
    return {
        **_take(weights, "stem"),
        "stem_norm": _batch_norm(weights, statistics),
        "blocks": [
            _cnn_block(weights, statistics, projects)
            for projects in (False, True, True)
        ],
        "head": _dense(weights),
    }


def _cnn_block(weights: Weights, statistics: list[Part], projects: bool) -> Part:
    # Keras lists layers by their distance from the end, so the shortcut is mixed in.
    part = {**_take(weights, "conv_1"), "norm_1": _batch_norm(weights, statistics)}
    if not projects:
        part |= _take(weights, "conv_2")
        return part | {"norm_2": _batch_norm(weights, statistics)}
    part |= _take(weights, "shortcut", "conv_2")
    part["shortcut_norm"] = _batch_norm(weights, statistics)
    return part | {"norm_2": _batch_norm(weights, statistics)}


def _dense(weights: Weights) -> Part:
    return _take(weights, "kernel", "bias")


def _norm(weights: Weights) -> Part:
    return _take(weights, "gamma", "beta")


def _batch_norm(weights: Weights, statistics: list[Part]) -> Part:
    part = _norm(weights)
    statistics.append(_take(weights, "mean", "variance"))
    return part


def _take(weights: Weights, *names: str) -> Part:
    return {name: next(weights) for name in names}


LAYOUTS: dict[str, Callable[[Weights, list[Part]], Part]] = {
    "mlp-small": _mlp_small,
    "mlp": _mlp,
    "lstm": _lstm,
    "transformer": _transformer,
    "cnn": _cnn,
}

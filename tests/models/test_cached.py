"""A decoder that reads each token once has the logits of the whole window."""

from typing import Any

import numpy as np
import pytest

from kerasdl.models import gpt
from kerasdl.models.cached import Cached
from tests.contract import numbers, outputs
from tests.variants import quickest


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rotary": True, "norm": "rms"},
        *quickest({"attention": "qk-norm"}, {"norm": "none"}),
    ],
    ids=str,
)
def test_the_logits_of_each_token(settings: dict[str, Any]):
    model = gpt((12,), 9, width=8, depth=2, num_heads=2, mlp_units=16, **settings)
    ids = np.random.default_rng(0).integers(0, 9, (3, 12)).astype("int32")
    whole = numbers(outputs(model, ids))
    cached = Cached(model, 3)
    for place in range(12):
        found = cached.read(ids[:, place])
        np.testing.assert_allclose(found, whole[:, place], atol=1e-5)
    with pytest.raises(ValueError, match="has 12 positions"):
        cached.read(ids[:, 0])


@pytest.mark.any_backend
def test_some_sequences_go_on():
    model = gpt((6,), 9, width=8, depth=1, num_heads=2, mlp_units=16)
    ids = np.random.default_rng(0).integers(0, 9, (2, 6)).astype("int32")
    cached = Cached(model, 2)
    for place in range(5):
        cached.read(ids[:, place])
    cached.choose(np.array([1, 1]))
    found = cached.read(ids[:, 5])
    swapped = np.concatenate([ids[[1, 1], :5], ids[:, 5:]], axis=1)
    expected = numbers(outputs(model, swapped))[:, -1]
    np.testing.assert_allclose(found, expected, atol=1e-5)

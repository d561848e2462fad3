"""A decoder that reads each token once has the logits of the whole window."""

from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.errors import ConfigError
from kerasdl.jobs.beam_search import beam_search
from kerasdl.jobs.generate import _Reader
from kerasdl.models import gpt, llama
from kerasdl.models.cached import Cached, can_be_cached
from tests.contract import numbers, outputs
from tests.variants import quickest


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rotary": True, "norm": "rms"},
        {"num_kv_heads": 1},
        *quickest({"attention": "qk-norm"}, {"norm": "none"}),
    ],
    ids=str,
)
def test_the_logits_of_each_token(settings: dict[str, Any]):
    family = llama if "num_kv_heads" in settings else gpt
    model = family((12,), 9, width=8, depth=2, num_heads=2, mlp_units=16, **settings)
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


@pytest.mark.any_backend
def test_models_of_other_layers():
    """Such as those of other packages, which write text from whole windows."""
    inputs = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(9, 8, name="tokens")(inputs)
    x = keras.layers.GRU(8, return_sequences=True)(x)
    model = keras.Model(inputs, keras.layers.Dense(9)(x))
    assert not can_be_cached(model)
    assert can_be_cached(gpt((6,), 9, width=8, depth=1, num_heads=2, mlp_units=8))
    with pytest.raises(ConfigError, match="a beam search needs a model such as gpt"):
        beam_search(model, np.array([1]), 2, 2)
    reader = _Reader(model, np.array([1, 2, 3]))
    window = np.array([[1, 2, 3, 0, 0, 0]], "int32")
    expected = numbers(outputs(model, window))[:, 2]
    np.testing.assert_allclose(reader.next(), expected, atol=1e-6)

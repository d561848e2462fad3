"""A model that counts continues a text by counting, on each backend."""

import keras
import numpy as np

from kerasdl.data.corrupted import uniform
from kerasdl.tasks.continuations import continuations, continued


def counting(time: int, sure: float) -> keras.Model:
    """Return a model for which the token after n is n + 1, of ten."""
    inputs = keras.Input((time,), dtype="int32")
    outputs = keras.layers.Embedding(10, 10)(inputs)
    model = keras.Model(inputs, outputs)
    model.set_weights([sure * np.roll(np.eye(10), 1, axis=1)])
    return model


def test_a_text_is_continued():
    model = counting(12, 40.0)
    prompts = np.array([[3, 4, 5, 6], [7, 8, 9, 0]], "int32")
    expected = [[7, 8, 9, 0, 1, 2], [1, 2, 3, 4, 5, 6]]
    for temperature in (0.0, 1.0):
        added = continued(model, prompts, 6, temperature, seed=3)
        assert added.tolist() == expected
    unsure = counting(12, 1.0)
    drawn = [continued(unsure, prompts, 8, 1.0, seed) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    shares = np.roll(np.eye(10), 1, axis=1) * (np.e - 1) + 1
    draws = uniform(3, "sample at 1.0", np.arange(2), (8,))
    for prompt, own, added in zip(prompts, draws, drawn[0], strict=True):
        last, expected = prompt[-1], []
        for draw in own:
            reached = shares[last].cumsum() / shares[last].sum()
            expected.append(last := int(np.searchsorted(reached, draw)))
        assert added.tolist() == expected


def test_windows_are_shown_with_what_follows():
    windows = np.arange(60).reshape(5, 12).astype("int32") % 10
    table = continuations(
        counting(12, 40.0), windows, lambda ids: "".join(map(str, ids)), seed=0
    )
    assert table is not None
    assert table.rows == [
        ["012345", *["678901"] * 3],
        ["456789", *["012345"] * 3],
        ["890123", *["456789"] * 3],
    ]
    large = counting(1 << 21, 1.0)
    assert continuations(large, windows, str, seed=0) is None

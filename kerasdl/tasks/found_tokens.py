"""What a model reaches on tokens, some of which are to be found."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kerasdl.data.masked_texts import NO_TARGET

if TYPE_CHECKING:
    import keras

    from kerasdl.data import Examples


class Found(NamedTuple):
    """Mean loss of the tokens to be found, share of the likeliest, and their number."""

    loss: float
    accuracy: float
    count: int


def measured_tokens(
    model: "keras.Model",
    examples: "Examples",
    loss: "keras.losses.Loss",
    batch_size: int,
) -> Found:
    """Measure batch by batch; logits of all texts would not fit in memory.

    Args:
        model: A model that returns logits of each token.
        examples: Texts; targets that are `NO_TARGET` do not count.
        loss: A loss that leaves those out.
        batch_size: Examples per batch.

    Returns:
        What is reached; 0 if no token is to be found.
    """
    import keras

    sums = np.zeros(3)
    for start in range(0, len(examples), batch_size):
        rows = np.arange(start, min(start + batch_size, len(examples)))
        x, y = examples.take(rows)
        counts = y != NO_TARGET
        if not (count := int(counts.sum())):
            continue
        logits = model.predict_on_batch(x)
        mean = float(keras.ops.convert_to_numpy(loss(y, logits)))
        right = int((logits.argmax(-1) == y)[counts].sum())
        sums += count * mean, right, count
    value, right, _ = (sums / max(sums[2], 1)).tolist()
    return Found(value, right, int(sums[2]))

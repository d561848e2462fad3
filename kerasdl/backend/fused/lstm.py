"""An LSTM whose loop over time computes only what depends on the step before.

A backend differentiates a loop one step at a time, and sums the gradient of the weights
at each step. Here the gradient is explicit (Hochreiter and Schmidhuber, 1997, appendix
A.1, with forget gates and through all of time). What does not depend on the next step
becomes one matrix product for the whole sequence.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

SUPPORTED_ACTIVATIONS = (keras.activations.tanh, keras.activations.sigmoid)


def lstm_kernel(run: Callable) -> Callable:
    """Return a replacement for Keras's `backend.lstm`, which supports only GPUs.

    Args:
        run: Takes the sequence, `(time, batch, features)`, and the state and the cell
            before the first step, `(batch, units)`. Then the kernel, `(features,
            4 * units)`, the recurrent kernel, `(units, 4 * units)`, and the bias,
            `(4 * units,)`. The gates are in, forget, candidate and out. Returns all
            states, `(time, batch, units)`, and the last cell.
    """

    def lstm(
        inputs: Any,
        hidden: Any,
        cell: Any,
        mask: Any,
        *,
        kernel: Any,
        recurrent_kernel: Any,
        bias: Any,
        activation: Callable,
        recurrent_activation: Callable,
        return_sequences: bool = False,
        go_backwards: bool = False,
        unroll: bool = False,
    ) -> tuple:
        unsupported = mask is not None or bias is None or unroll
        unsupported = (
            unsupported or (activation, recurrent_activation) != SUPPORTED_ACTIVATIONS
        )
        tensors = inputs, hidden, cell
        if unsupported or any(part.dtype != "float32" for part in tensors):
            raise NotImplementedError  # Keras then uses its loop
        sequence = ops.swapaxes(inputs, 0, 1)
        if go_backwards:
            sequence = ops.flip(sequence, 0)
        weights = map(ops.convert_to_tensor, (kernel, recurrent_kernel, bias))
        states, cell = run(sequence, hidden, cell, *weights)
        last = states[-1]
        outputs = ops.swapaxes(states, 0, 1) if return_sequences else last[:, None]
        return last, outputs, [last, cell]

    return lstm

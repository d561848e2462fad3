"""An LSTM whose loop over time does only what must wait for its turn.

A backend differentiates a loop one step at a time, and adds up the gradient of the
weights at each. Where the gradient is written out (Hochreiter and Schmidhuber, 1997,
appendix A.1, with forget gates and through all of time), what does not depend on the step
after it is one multiplication of matrices for the whole sequence.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

USUAL = (keras.activations.tanh, keras.activations.sigmoid)


def kernel_of(run: Callable) -> Callable:
    """Return what takes the place of Keras's `backend.lstm`, which serves GPUs alone.

    Args:
        run: Takes the sequence, `(time, batch, features)`; the state and the cell
            before the first step, `(batch, units)`; the kernel, `(features, 4 *
            units)`, with the gates in, forget, candidate and out; the recurrent
            kernel, `(units, 4 * units)`; the bias, `(4 * units,)`. Returns every
            state, `(time, batch, units)`, and the last cell.
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
        unusual = mask is not None or bias is None or unroll
        unusual = unusual or (activation, recurrent_activation) != USUAL
        given = inputs, hidden, cell
        if unusual or any(part.dtype != "float32" for part in given):
            raise NotImplementedError  # Keras then loops
        sequence = ops.swapaxes(inputs, 0, 1)
        if go_backwards:
            sequence = ops.flip(sequence, 0)
        weights = map(ops.convert_to_tensor, (kernel, recurrent_kernel, bias))
        states, cell = run(sequence, hidden, cell, *weights)
        last = states[-1]
        outputs = ops.swapaxes(states, 0, 1) if return_sequences else last[:, None]
        return last, outputs, [last, cell]

    return lstm

"""Random generators that a record must neither move nor freeze."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from kerasdl.backend.fused.torch_graph import NotRecordableError

KINDS = (
    torch.Generator,
    random.Random,
    np.random.Generator,
    np.random.BitGenerator,
    np.random.RandomState,
)


class Held:
    """A generator and the state that it had.

    Args:
        path: What a user calls the generator.
        generator: The generator.
    """

    def __init__(self, path: str, generator: Any):
        self.path = path
        self.generator = generator
        self.state = _state(generator)

    def anew(self) -> "Held":
        """Return the generator with the state that it has by now."""
        return Held(self.path, self.generator)

    def moved(self) -> bool:
        """Return whether something was drawn since."""
        return _plain(_state(self.generator)) != _plain(self.state)

    def restore(self) -> None:
        """Let the generator draw the same again."""
        generator = self.generator
        if isinstance(generator, np.random.Generator):
            generator = generator.bit_generator
        if isinstance(generator, torch.Generator):
            generator.set_state(torch.from_numpy(self.state))
        elif isinstance(generator, random.Random):
            generator.setstate(self.state)
        elif isinstance(generator, np.random.RandomState):
            generator.set_state(self.state)
        else:
            generator.state = self.state


def is_own_generator(value: Any) -> bool:
    """Return whether a value is a generator besides those that all share."""
    shared = (random._inst, np.random.mtrand._rand, torch.default_generator)
    return isinstance(value, KINDS) and not any(value is one for one in shared)


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, torch.Generator):
        return generator.get_state().numpy()
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.state


def _plain(state: Any) -> Any:
    """Return a state in a form that can be compared."""
    if isinstance(state, dict):
        return {name: _plain(part) for name, part in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state


@contextlib.contextmanager
def shared_ones_unmoved() -> Iterator[None]:
    """Leave PyTorch's generators where they are; refuse draws from others.

    What Python or NumPy drew while recording would be drawn only once.
    """
    outside = random.getstate(), _numpy_state()
    numpy_before = np.random.get_state()
    drawn = False
    try:
        with torch.random.fork_rng():
            yield
    finally:
        if drawn := (random.getstate(), _numpy_state()) != outside:
            random.setstate(outside[0])
            np.random.set_state(numpy_before)
    if drawn:
        raise NotRecordableError("it draws from Python's or NumPy's generator")


def _numpy_state() -> tuple:
    name, keys, *rest = np.random.get_state(legacy=True)
    return name, np.asarray(keys).tobytes(), *rest

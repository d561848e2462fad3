"""Random generators that a record must neither advance nor freeze."""

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


class HeldGenerator:
    """A generator and a state that it had.

    Args:
        path: The generator's name in user code.
        generator: The generator.
    """

    def __init__(self, path: str, generator: Any):
        self.path = path
        self.generator = generator
        self.state = _state(generator)

    def updated(self) -> "HeldGenerator":
        """Return the generator with its current state."""
        return HeldGenerator(self.path, self.generator)

    def has_drawn(self) -> bool:
        """Return whether it was drawn from since then."""
        return _comparable(_state(self.generator)) != _comparable(self.state)

    def restore(self) -> None:
        """Reset the generator to the held state."""
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


def is_private_generator(value: Any) -> bool:
    """Return whether a value is a generator, but not a shared global one."""
    shared = (random._inst, np.random.mtrand._rand, torch.default_generator)
    return isinstance(value, KINDS) and not any(
        value is generator for generator in shared
    )


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


def _comparable(state: Any) -> Any:
    """Return a state in a form that `==` can compare."""
    if isinstance(state, dict):
        return {name: _comparable(part) for name, part in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state


@contextlib.contextmanager
def preserve_shared_generators() -> Iterator[None]:
    """Restore PyTorch's generators at exit; refuse draws from Python's and NumPy's.

    A record would repeat the numbers drawn from Python or NumPy while recording.
    """
    state_before = random.getstate(), _numpy_state()
    numpy_before = np.random.get_state()
    drawn = False
    try:
        with torch.random.fork_rng():
            yield
    finally:
        if drawn := (random.getstate(), _numpy_state()) != state_before:
            random.setstate(state_before[0])
            np.random.set_state(numpy_before)
    if drawn:
        raise NotRecordableError("it draws from Python's or NumPy's generator")


def _numpy_state() -> tuple:
    name, keys, *rest = np.random.get_state(legacy=True)
    return name, np.asarray(keys).tobytes(), *rest

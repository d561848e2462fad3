"""Tell a model that nothing can train, before its first step ends in Keras's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from kerasdl.errors import ConfigError

NO_GRADIENTS = "No gradients provided for any variable"
"""What Keras's optimizer says; on TensorFlow such gradients are None, elsewhere 0."""


@contextmanager
def told_without_gradient(family: str) -> Iterator[None]:
    """Raise `ConfigError` if no variable of the model gets a gradient.

    Args:
        family: Name of its family.
    """
    try:
        yield
    except ValueError as fault:
        if NO_GRADIENTS not in str(fault):
            raise
        what = f"no path for the gradient: no variable of model {family!r} gets one"
        hint = "look in it for argmax, rounding, or a stopped gradient"
        raise ConfigError(what, hint) from fault

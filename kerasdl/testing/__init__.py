"""Contract tests for your own layers, models, families, tasks and kinds.

Each function raises `AssertionError` with the rule that is broken::

    def test_my_network():
        x = np.zeros((6, 28, 28), "float32")
        kerasdl.testing.check_family(MyNetwork(depth=2), x, num_outputs=10)

The layers, families, tasks and kinds of kerasdl pass the same functions.
"""

from kerasdl.backend.dtype_policy import dtype_policy
from kerasdl.testing.kind import check_kind
from kerasdl.testing.model import (
    check_family,
    check_layer,
    check_model,
)
from kerasdl.testing.task import check_task

__all__ = [
    "check_family",
    "check_kind",
    "check_layer",
    "check_model",
    "check_task",
    "dtype_policy",
]

"""The steps of a sentence encoder, in the files of `sentence-transformers`."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasdl.errors import ModelFileError

STEPS = ("Transformer", "Pooling", "Normalize")
"""The steps that kerasdl has."""


def is_normalized(modules: Sequence[Any], name: str) -> bool:
    """Return whether vectors are divided by their length.

    Args:
        modules: Content of `modules.json`; empty if there is none.
        name: Where it is from, for messages.

    Raises:
        ModelFileError: If there are other steps.
    """
    kinds = [
        str(each.get("type", "")).rpartition(".")[2]
        if isinstance(each, Mapping)
        else ""
        for each in modules
    ]
    if other := [kind for kind in kinds if kind not in STEPS]:
        what = f"modules.json of {name} has a step {other[0][:40]!r}"
        raise ModelFileError(what, f"kerasdl has {', '.join(STEPS)}")
    return "Normalize" in kinds

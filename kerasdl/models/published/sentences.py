"""What makes the vectors of a sentence encoder: files of `sentence-transformers`."""

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


def sentence_json(
    pooling: str, targets: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the files of a sentence encoder by name; none for another model.

    Args:
        pooling: How its vectors become one.
        targets: JSON values of the targets of its run.
        config: Its `config.json`.
    """
    if pooling != "mean" or "normalized" not in targets:
        return {}
    package = "sentence_transformers.models."
    steps = ["Transformer", "Pooling", *["Normalize"] * targets["normalized"]]
    return {
        "modules.json": [
            {
                "idx": place,
                "name": str(place),
                "path": f"{place}_{kind}" if place else "",
                "type": f"{package}{kind}",
            }
            for place, kind in enumerate(steps)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": config["hidden_size"],
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
    }

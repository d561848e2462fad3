"""What the columns of a table are, for people."""

from collections.abc import Mapping
from typing import Any

from kerasdl.data.table.infer import Inferred


def summaries(
    inferred: Mapping[str, Inferred], roles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the parts of a line for each column.

    Args:
        inferred: The type of each column.
        roles: What a column is besides a feature, such as `target`, by its name.

    Returns:
        For each column `name`, `type`, `role` (`feature`, `ignored` or that of `roles`),
        the numbers `missing` and `distinct`, some `examples` as text, and the `reason`
        why it is ignored, or an empty text.
    """
    return [
        {
            "name": name,
            "type": each.type,
            "role": roles.get(name) or ("feature", "ignored")[each.type == "ignored"],
            "missing": each.missing,
            "distinct": each.distinct,
            "examples": list(each.examples),
            "reason": each.reason,
        }
        for name, each in inferred.items()
    ]

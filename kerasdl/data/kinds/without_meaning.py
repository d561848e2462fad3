"""Keys of `[data]` that have no meaning where they are set."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from kerasdl.data.kinds.kind import Kind
from kerasdl.errors import ConfigError


def without_meaning(
    kind: Kind, keys: Iterable[str], where: str, hint: str = "remove it"
) -> Iterator[ConfigError]:
    """Yield an error for each of some keys that is not at its default.

    Args:
        kind: The `[data]` table.
        keys: Names of its keys.
        where: What they have no meaning for.
        hint: What to do.
    """
    defaults = {field.name: field.default for field in fields(kind)}
    for key in keys:
        if (value := getattr(kind, key)) != defaults[key]:
            what = f"data.{key} (={value!r}) has no meaning for {where}"
            yield ConfigError(what, hint)

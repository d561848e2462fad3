"""Checks of the parts of a `tokenizer.json`.

Each returns the value, or raises `DamagedError` for a wrong one and `UnsafeError` for one
that no published tokenizer has.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from kerasdl.errors import UnsafeError

Check = Callable[[Any], Any]
"""Returns a value that is allowed, or raises."""
MOST_ADDED = 10_000
"""Added tokens; published models have up to some hundreds."""
LONGEST_ADDED = 1_000
"""Characters of an added token."""
MOST_PARTS = 16
"""Parts of a sequence, and special tokens around a text."""
LONGEST = 64
"""Characters of a short text."""
MOST_IDS = 10_000_000
GAPS = 1000
"""Ids of which some stand for no token: at most twice as many as there are tokens, and
so many more."""


class DamagedError(ValueError):
    """A `tokenizer.json` that no tokenizer can have written."""


HINT = "use a tokenizer such as that of BERT, GPT-2 or Llama"


def refused(what: str) -> UnsafeError:
    """Return the error of a part that no published tokenizer has."""
    return UnsafeError(f"{what}, which no known tokenizer has", HINT)


def section(value: Any, types: Mapping[str, Any], several: str, name: str) -> Any:
    """Return a section: a part of one of some types, a sequence of them, or None.

    Args:
        value: The section.
        types: The keys of each type, and their checks.
        several: The key of the parts of a sequence; empty if there is none.
        name: Name of the section, for messages.
    """
    if value is None and several:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise DamagedError(f"{name} has no type")
    if value["type"] == "Sequence" and several:
        known_keys(value, {"type", several}, name)
        parts = [
            section(each, types, "", name)
            for each in some(value.get(several), MOST_PARTS)
        ]
        return {"type": "Sequence", several: parts}
    if value["type"] not in types:
        raise refused(f"{name} has the type {value['type'][:LONGEST]!r}")
    fields = {key: each for key, each in value.items() if key != "type"}
    own = types[value["type"]]
    return {"type": value["type"]} | part(fields, own, f"{name} {value['type']}")


def part(value: Any, fields: Mapping[str, Check], name: str) -> Any:
    """Return an object whose keys are known and checked."""
    if not isinstance(value, dict):
        raise DamagedError(f"{name} is no object")
    known_keys(value, fields, name)
    try:
        return {key: fields[key](each) for key, each in value.items()}
    except ValueError as fault:
        raise DamagedError(f"{name}: {fault}") from None
    except UnsafeError as fault:
        raise UnsafeError(f"{name}: {fault.what}", fault.hint) from None


def only(value: Any, fields: Mapping[str, Check]) -> Any:
    """Return an object that has one of some keys."""
    if not isinstance(value, dict) or len(value) != 1:
        raise DamagedError(f"{_shown(value)} is not one of {', '.join(fields)}")
    return part(value, fields, "pattern")


def known_keys(value: Mapping[str, Any], known: Collection[str], name: str) -> None:
    """Raise `UnsafeError` for a key that is not known."""
    if unknown := [key for key in value if key not in known]:
        raise refused(f"{name} has {unknown[0][:LONGEST]!r}")


def some(value: Any, most: int) -> list[Any]:
    """Return a list of at most so many values."""
    if not isinstance(value, list):
        raise DamagedError(f"{_shown(value)} is no list")
    if len(value) > most:
        raise refused(f"it has {len(value):,} parts in a list")
    return value


def flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise DamagedError(f"{_shown(value)} is neither true nor false")
    return value


def flag_or_null(value: Any) -> bool | None:
    """Return true, false or None."""
    return None if value is None else flag(value)


def short(value: Any) -> str:
    """Return a short text."""
    if not isinstance(value, str):
        raise DamagedError(f"{_shown(value)} is no text")
    if len(value) > LONGEST:
        raise refused(f"{value[:LONGEST]!r} is longer than {LONGEST}")
    return value


def short_or_null(value: Any) -> str | None:
    """Return a short text, or None."""
    return None if value is None else short(value)


def filled(value: Any) -> str:
    """Return the text of an added token."""
    if not isinstance(value, str) or not value.strip("\0"):
        raise DamagedError(f"{_shown(value)} is no token")
    if len(value) > LONGEST_ADDED:
        raise refused(f"an added token has {len(value):,} characters")
    return value


def one_of(*allowed: Any) -> Check:
    """Return a check that a value is one of these."""

    def check(value: Any) -> Any:
        if isinstance(value, dict | list | bool) or value not in allowed:
            raise refused(f"{_shown(value)} stands there")
        return value

    return check


def within(low: int, high: int) -> Callable[[Any], int]:
    """Return a check that a whole number is in a range."""

    def check(value: Any) -> int:
        if type(value) is not int:
            raise DamagedError(f"{_shown(value)} is no whole number")
        if not low <= value <= high:
            raise refused(f"{_shown(value)} stands there")
        return value

    return check


identifier = within(0, MOST_IDS)


def pair(value: Any) -> list[Any]:
    """Return a token and its id."""
    if not isinstance(value, list) or len(value) != 2:
        raise DamagedError(f"{_shown(value)} is no token with its id")
    return [short(value[0]), identifier(value[1])]


def template(value: Any) -> list[Any]:
    """Return what stands around a text."""
    fields = {"id": short, "type_id": within(0, 1)}
    kinds: dict[str, Check] = dict.fromkeys(
        ("Sequence", "SpecialToken"), lambda each: part(each, fields, "template")
    )
    return [only(each, kinds) for each in some(value, MOST_PARTS)]


def special_tokens(value: Any) -> dict[str, Any]:
    """Return the special tokens of a template."""
    if not isinstance(value, dict) or len(value) > MOST_PARTS:
        raise DamagedError("special_tokens is no small object")
    fields = {
        "id": short,
        "ids": lambda each: [*map(identifier, some(each, MOST_PARTS))],
        "tokens": lambda each: [*map(short, some(each, MOST_PARTS))],
    }
    return {short(k): part(each, fields, "special token") for k, each in value.items()}


def vocabulary(value: Any) -> dict[str, int]:
    """Return the tokens and their ids."""
    if not isinstance(value, dict) or not value:
        raise DamagedError("vocab holds no tokens")
    for token, number in value.items():
        if type(number) is not int or not 0 <= number <= MOST_IDS:
            raise DamagedError(f"the id of {token[:LONGEST]!r} is {_shown(number)}")
    if len({*value.values()}) < len(value):
        raise DamagedError("two tokens have the same id")
    return value


def merges(value: Any) -> list[Any]:
    """Return the pairs of tokens that become one."""
    if not isinstance(value, list):
        raise DamagedError("merges is no list")
    for each in value:
        both = each.split(" ") if isinstance(each, str) else each
        if (
            not isinstance(both, list)
            or len(both) != 2
            or not all(isinstance(token, str) for token in both)
        ):
            raise DamagedError(f"{_shown(each)} is no pair of tokens")
    return value


def size(values: Mapping[str, Any]) -> int:
    """Return one more than the greatest id of a tokenizer.

    Raises:
        UnsafeError: If far more ids than tokens are in use.
    """
    ids = {*values["model"]["vocab"].values()}
    ids |= {each["id"] for each in values["added_tokens"]}
    most = 2 * len(ids) + GAPS
    if max(ids) >= most:
        raise refused(f"it has {len(ids):,} tokens and the id {max(ids):,}")
    return max(ids) + 1


def _shown(value: Any) -> str:
    return repr(value)[:LONGEST]

"""What the annotations of a table say of its keys, and values of their types."""

import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from kerasdl.config.rules import Choice, InsteadOf

TYPE_NAMES = {int: "an integer", float: "a number", str: "text", bool: "true or false"}


def choice(annotation: Any) -> Choice | None:
    """Return the rule that selects the keys of a table; None if they are fixed."""
    rules = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((rule for rule in rules if isinstance(rule, Choice)), None)


@cache
def annotations(kind: type) -> Mapping[str, Any]:
    """Return the annotations of the keys of a table, with their rules."""
    return types.MappingProxyType(get_type_hints(kind, include_extras=True))


def convert(value: Any, annotation: Any) -> Any:
    """Return `value` as the annotated type.

    Raises:
        ValueError: With the rule that `value` breaks.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        converted = convert(value, arguments[0])
        for rule in arguments[1:]:
            if complaint := rule.complaint(converted):
                raise ValueError(complaint)
        return converted
    if origin is Literal:
        if value not in arguments:
            raise ValueError(f"must be {' or '.join(map(repr, arguments))}")
        return value
    if origin in (Union, types.UnionType):
        return _convert_any(value, arguments)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list")
        return tuple(convert(item, arguments[0]) for item in value)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ValueError("must be a table")
        return _convert_table(value, *arguments)
    if annotation is float and type(value) is int:
        return float(value)
    if type(value) is not annotation:
        raise ValueError(f"must be {TYPE_NAMES[annotation]}")
    if annotation is str:
        _require_unicode(value)
    return value


def _require_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode, to be written to files") from None


def _convert_table(table: Mapping, names: Any, values: Any) -> dict[Any, Any]:
    converted = {}
    for name, value in table.items():
        try:
            converted[convert(name, names)] = convert(value, values)
        except ValueError as fault:
            raise ValueError(f"must have for {name!r} a value that {fault}") from None
    return converted


def _convert_any(value: Any, options: tuple[Any, ...]) -> Any:
    complaints = []
    for option in options:
        try:
            return convert(value, option)
        except ValueError as fault:
            complaints.append(str(fault))
    raise ValueError(", or ".join(dict.fromkeys(complaints)))


@cache
def alternatives(kind: type) -> list[list[str]]:
    """Return the groups of alternative keys of a table; one of a group may be set."""
    groups: dict[str, list[str]] = {}
    for key, hint in annotations(kind).items():
        for rule in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
            if isinstance(rule, InsteadOf):
                groups.setdefault(rule.key, [rule.key]).append(key)
    return [*groups.values()]

"""Every key of a config, told from the schema."""

import ast
import dataclasses
import inspect
import textwrap
import types
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from kerasdl import registry
from kerasdl.config.check import TYPE_NAMES, choice
from kerasdl.config.schema import Config
from kerasdl.config.suggestion import suggestion
from kerasdl.errors import ConfigError


@dataclass(frozen=True)
class Key:
    """One key of a config.

    Args:
        table: The table it stands in.
        choice: Which choice of the table has it, as `name = "mlp"`; empty if all have.
        key: Its name.
        type: What its values are, in words, with their range.
        default: What it is unless somebody sets it; None if it must be set.
        meaning: What it decides.
    """

    table: str
    choice: str
    key: str
    type: str
    default: Any
    meaning: str


def tables() -> list[str]:
    """Return the names of all tables."""
    return [field.name for field in dataclasses.fields(Config)]


def keys(table: str | None = None) -> list[Key]:
    """Return all keys, or those of one table, in the order of the schema.

    Raises:
        ConfigError: If there is no such table.
    """
    if table is not None and table not in tables():
        raise ConfigError(f"unknown table {table!r}", suggestion(table, tables()))
    hints = get_type_hints(Config, include_extras=True)
    names = tables() if table is None else [table]
    return [key for name in names for key in _of_table(name, hints[name])]


def _of_table(table: str, hint: Any) -> Iterator[Key]:
    rule = choice(hint)
    if rule is None:
        yield from _of_class(table, "", hint)
        return
    for name in registry.names(rule.registry):
        chosen = f'{rule.key} = "{name}"'
        yield from _of_class(table, chosen, registry.find(rule.registry, name))


def _of_class(table: str, chosen: str, kind: type) -> Iterator[Key]:
    hints, told = get_type_hints(kind, include_extras=True), meanings(kind)
    for field in dataclasses.fields(kind):
        kind_of_value = in_words(hints[field.name])
        default = _default(field)
        meaning = told.get(field.name, "")
        yield Key(table, chosen, field.name, kind_of_value, default, meaning)


def _default(field: Field) -> Any:
    if field.default is not MISSING:
        return field.default
    return None if field.default_factory is MISSING else field.default_factory()


def meanings(kind: type) -> dict[str, str]:
    """Return the docstring under each field of a class and of those it inherits from.

    Without the source of a class, there are none.
    """
    told: dict[str, str] = {}
    for part in reversed(kind.__mro__):
        if not dataclasses.is_dataclass(part):
            continue
        try:
            source = inspect.getsource(part)
        except OSError:  # as of a class that somebody typed in
            continue
        [tree] = ast.parse(textwrap.dedent(source)).body
        assert isinstance(tree, ast.ClassDef)
        for one, after in zip(tree.body, tree.body[1:], strict=False):
            if (
                isinstance(one, ast.AnnAssign)
                and isinstance(one.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                told[one.target.id] = " ".join(str(after.value.value).split())
    return told


def in_words(annotation: Any) -> str:
    """Return what values of a type may be, with the rules that they keep."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        rules = [rule.words() for rule in arguments[1:]]
        return ", ".join([in_words(arguments[0]), *rules])
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (Union, types.UnionType):
        return ", or ".join(map(in_words, arguments))
    if origin is tuple:
        return f"a list, each {in_words(arguments[0])}"
    return TYPE_NAMES[annotation]

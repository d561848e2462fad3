"""The keys of a config, read from the schema and its docstrings."""

import ast
import dataclasses
import inspect
import textwrap
import types
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from kerasdl import registry
from kerasdl.config.annotations import TYPE_NAMES, annotations, choice
from kerasdl.config.schema import Config
from kerasdl.config.suggestion import suggestion
from kerasdl.errors import ConfigError


@dataclass(frozen=True)
class Key:
    """One key of a config.

    Args:
        table: The table it belongs to.
        choice: The choice that has it, such as `name = "mlp"`; empty if all have it.
        key: Its name.
        type: The type and range of its values, in words.
        default: Its default value; None if it must be set.
        meaning: Its docstring in the schema.
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
    hints = annotations(Config)
    names = tables() if table is None else [table]
    return [key for name in names for key in _table_keys(name, hints[name])]


def _table_keys(table: str, hint: Any) -> Iterator[Key]:
    rule = choice(hint)
    if rule is None:
        yield from _class_keys(table, "", hint)
        return
    for name in registry.names(rule.registry):
        chosen = f'{rule.key} = "{name}"'
        yield from _class_keys(table, chosen, registry.find(rule.registry, name))


def _class_keys(table: str, chosen: str, kind: type) -> Iterator[Key]:
    hints, docstrings = annotations(kind), meanings(kind)
    for field in dataclasses.fields(kind):
        kind_of_value = in_words(hints[field.name])
        default = _default(field)
        meaning = docstrings.get(field.name, "")
        yield Key(table, chosen, field.name, kind_of_value, default, meaning)


def _default(field: Field) -> Any:
    if field.default is not MISSING:
        return field.default
    return None if field.default_factory is MISSING else field.default_factory()


def meanings(kind: type) -> dict[str, str]:
    """Return the docstring under each field of a class and of its bases.

    A class without source code has none.
    """
    docstrings: dict[str, str] = {}
    for part in reversed(kind.__mro__):
        if not dataclasses.is_dataclass(part):
            continue
        try:
            source = inspect.getsource(part)
        except OSError:  # such as a class defined interactively
            continue
        [tree] = ast.parse(textwrap.dedent(source)).body
        assert isinstance(tree, ast.ClassDef)
        for field, following in zip(tree.body, tree.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
            ):
                docstring = str(following.value.value)
                docstrings[field.target.id] = " ".join(docstring.split())
    return docstrings


def in_words(annotation: Any) -> str:
    """Describe the type and the rules of an annotation in words."""
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
    if origin is dict:
        return f"a table, each {in_words(arguments[1])}"
    return TYPE_NAMES[annotation]

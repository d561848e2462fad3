"""Places that hold Python values: containers, attributes, closures, globals."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MUTABLE = (dict, list, set, deque)
"""Containers whose contents can change."""
PLAIN = (bool, int, float, complex, str, bytes, type(None))
"""Types whose values are the same if they are equal."""


@dataclass
class Place:
    """A place that holds values, and the values that it should hold.

    Args:
        path: Its name in user code.
        owner: The container or object.
        read: Returns the values in the owner, by key.
        write: Writes such values into the owner.
        key_path: The format of a key's path, from the path and the key.
        ignored: Keys that are not compared.
    """

    path: str
    owner: Any
    read: Callable[[Any], dict[Any, Any]]
    write: Callable[[Any, dict[Any, Any]], None]
    key_path: str = "{}[{!r}]"
    ignored: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Hold the current values."""
        self.hold()

    def hold(self) -> None:
        """Hold the current values as those that the place should hold."""
        self.held = self.read(self.owner)

    def changed_path(self) -> str | None:
        """Return the path of a value that differs from the held one, or None."""
        now = self.read(self.owner)
        for key in [*self.held, *(now.keys() - self.held.keys())]:
            same = _same(self.held.get(key, self), now.get(key, self))
            if not same and key not in self.ignored:
                return self.key_path.format(self.path, key)
        return None

    def restore(self) -> None:
        """Write back the held values."""
        now = self.read(self.owner)
        same = now.keys() == self.held.keys()
        if not same or any(now[key] is not self.held[key] for key in now):
            self.write(self.owner, self.held)


def in_container(path: str, owner: Any) -> Place:
    """Return the place of the contents of a dict, a list, a deque or a set."""
    if isinstance(owner, dict):
        return Place(path, owner, dict.copy, _refill_dict)
    if isinstance(owner, set):
        return Place(path, owner, _by_id, _refill_set, "{}")
    return Place(path, owner, _by_number, _refill_sequence)


def in_namespace(
    path: str, owner: dict[str, Any], ignored: set[str], kept: set[str]
) -> Place:
    """Return the place of an object's attributes.

    Args:
        path: The object's name in user code.
        owner: Its `__dict__`.
        ignored: Attributes that are not compared.
        kept: Those of them that are not restored either.
    """

    def write(attributes: dict[str, Any], held: dict[str, Any]) -> None:
        for name in attributes.keys() - held.keys() - kept:
            del attributes[name]
        attributes.update({n: value for n, value in held.items() if n not in kept})

    return Place(path, owner, dict.copy, write, "{}.{}", ignored)


def in_class(owner: type) -> Place:
    """Return the place of a class's attributes."""
    return Place(owner.__name__, owner, _class_attributes, _set_class, "{}.{}")


def at_attribute(path: str, owner: Any, name: str) -> Place:
    """Return the place of one attribute, such as that of a closure's cell."""

    def read(owner: Any) -> dict[str, Any]:
        return {path: getattr(owner, name)} if hasattr(owner, name) else {}

    def write(owner: Any, held: dict[str, Any]) -> None:
        setattr(owner, name, held[path])

    return Place(path, owner, read, write, "{1}")


def at_global(path: str, scope: dict[str, Any], name: str) -> Place:
    """Return the place of one global of a module."""

    def read(scope: dict[str, Any]) -> dict[str, Any]:
        return {path: scope[name]} if name in scope else {}

    def write(scope: dict[str, Any], held: dict[str, Any]) -> None:
        scope[name] = held[path]

    return Place(path, scope, read, write, "{1}")


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) is tuple and len(one) == len(other):
        return all(map(_same, one, other))
    return type(one) in PLAIN and one == other


def _by_number(sequence: Any) -> dict[int, Any]:
    return dict(enumerate(sequence))


def _by_id(members: set) -> dict[int, Any]:
    return {id(member): member for member in members}


def _refill_dict(container: dict, held: dict) -> None:
    dict.clear(container)
    dict.update(container, held)


def _refill_sequence(container: Any, held: dict[int, Any]) -> None:
    kind: Any = list if isinstance(container, list) else deque
    kind.clear(container)
    kind.extend(container, held.values())


def _refill_set(container: set, held: dict[int, Any]) -> None:
    set.clear(container)
    set.update(container, held.values())


def _class_attributes(owner: type) -> dict[str, Any]:
    return dict(vars(owner))


def _set_class(owner: type, held: dict[str, Any]) -> None:
    now = dict(vars(owner))
    for name in now.keys() - held.keys():
        delattr(owner, name)
    for name, value in held.items():
        if now.get(name, held) is not value:
            setattr(owner, name, value)

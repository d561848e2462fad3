"""Compare many values with their former ones, without a loop in Python."""

import types
from collections.abc import Iterator
from itertools import chain
from operator import call, is_, itemgetter
from typing import Any

from kerasdl.backend.fused.torch_places import (
    Place,
    at_attribute,
    at_global,
    in_class,
    in_container,
    in_namespace,
)


class Snapshot:
    """The values of many places, compared before each execution."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._dicts: list[dict] = []
        self._namespaces: tuple[list[Any], list[dict]] = ([], [])
        self._keyed: list[dict] = []
        self._classes: list[Any] = []
        self._sequences: list[Any] = []
        self._globals: tuple[list[dict], list[str]] = ([], [])
        self._attributes: tuple[list[Any], list[str]] = ([], [])

    def add_container(self, path: str, value: Any) -> None:
        """Add the contents of a dict, a list, a deque or a set."""
        self.places.append(in_container(path, value))
        if isinstance(value, dict):
            self._dicts.append(value)
            self._keyed.append(value)
        else:
            self._sequences.append(value)

    def add_namespace(
        self, path: str, attributes: dict[str, Any], ignored: set[str], kept: set[str]
    ) -> list[str]:
        """Add an object's attributes; return the names of those that are compared."""
        self.places.append(in_namespace(path, attributes, ignored, kept))
        read = [name for name in attributes if name not in ignored]
        if len(read) > 1:
            self._namespaces[0].append(itemgetter(*read))
            self._namespaces[1].append(attributes)
        else:
            self._dicts.append(attributes)
        return read

    def add_class(self, owner: type) -> None:
        """Add a class's attributes."""
        self.places.append(in_class(owner))
        self._classes.append(vars(owner))

    def add_attribute(self, path: str, owner: Any, name: str) -> None:
        """Add one attribute, such as that of a closure's cell."""
        self.places.append(at_attribute(path, owner, name))
        self._attributes[0].append(owner)
        self._attributes[1].append(name)

    def add_global(self, path: str, scope: dict[str, Any], name: str) -> None:
        """Add one global of a module."""
        self.places.append(at_global(path, scope, name))
        self._globals[0].append(scope)
        self._globals[1].append(name)

    def hold(self) -> int:
        """Hold the current values; return how many there are."""
        for place in self.places:
            place.hold()
        self._held = list(self._now())
        self._held_size = self._size()
        return len(self._held)

    def changed(self) -> str | None:
        """Return the path of a value that differs from the held one, or None."""
        if self._is_untouched():
            return None
        for place in self.places:
            if path := place.changed_path():
                return path
        self.hold()
        return None

    def restore(self) -> None:
        """Restore all held values."""
        for place in self.places:
            place.restore()

    def _is_untouched(self) -> bool:
        if self._size() != self._held_size:
            return False
        try:
            return all(map(is_, self._now(), self._held))
        except (KeyError, AttributeError, ValueError):
            return False  # an attribute, a slot or a cell is gone

    def _size(self) -> int:
        sized = (self._dicts, self._classes, self._sequences, self._namespaces[1])
        return sum(map(len, chain(*sized)))

    def _now(self) -> Iterator[Any]:
        flat = chain.from_iterable
        read: Any = call
        return chain(
            flat(map(dict.values, self._dicts)),
            flat(map(read, *self._namespaces)),
            flat(self._keyed),
            flat(map(types.MappingProxyType.values, self._classes)),
            flat(self._sequences),
            map(dict.get, *self._globals),
            map(getattr, *self._attributes),
        )

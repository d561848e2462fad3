"""Data of a pickle, without running it.

A pickle is a program for a stack machine that may import and call anything. This reads
its instructions one by one, builds tables, lists, numbers and texts, and keeps the names
and arguments of calls as values. Nothing is imported, and nothing called.
"""

import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, cast

from kerasdl.errors import UnsafeError

MAX_BYTES, MAX_INSTRUCTIONS = 1 << 26, 1_000_000
"""Limits on a pickle without the numbers of its tensors. A tensor takes 30 instructions."""
TABLE = "collections.OrderedDict"
HINT = "do not use it; ask for safetensors"


@dataclass(frozen=True)
class Name:
    """What a pickle would import, such as `torch.FloatStorage`."""

    path: str


@dataclass(frozen=True)
class Call:
    """A call that a pickle would make.

    Args:
        path: Name of what it would call.
        arguments: The arguments.
    """

    path: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Stored:
    """What a pickle says to be stored elsewhere: a storage of PyTorch.

    Args:
        key: What tells it.
    """

    key: Any


@dataclass
class _Machine:
    """The stack, the marks in it, and the memo of a pickle."""

    allowed: frozenset[str]
    stack: list[Any] = field(default_factory=list)
    marks: list[list[Any]] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def mark(self) -> None:
        """Begin a new stack; `above_mark` ends it."""
        self.marks.append(self.stack)
        self.stack = []

    def above_mark(self) -> list[Any]:
        """Return what is above the last mark, and remove both."""
        above, self.stack = self.stack, self.marks.pop()
        return above

    def put(self, key: int) -> None:
        """Remember the top of the stack."""
        self.memo[key] = self.stack[-1]

    def take(self, count: int) -> list[Any]:
        """Return the last values, and remove them."""
        if count > len(self.stack):
            raise ValueError("a pickle takes more than it holds")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def name(self, path: str) -> None:
        """Put a name on the stack, if it is an allowed one."""
        if path not in self.allowed:
            what = f"it names {path[:80]!r}, which could run code"
            raise UnsafeError(what, HINT)
        self.push(Name(path))

    def reduce(self) -> None:
        """Put a call on the stack, or the table that it would make."""
        called, arguments = self.take(2)
        if not isinstance(called, Name) or not isinstance(arguments, tuple):
            raise UnsafeError("it calls what has no name", HINT)
        if called.path == TABLE:
            self.push({})
            for pairs in arguments:  # as Python 2 wrote them
                for key, value in pairs:
                    self.set_items([key, value])
        else:
            self.push(Call(called.path, arguments))

    def build(self) -> None:
        """Drop the attributes of a table, such as the versions of modules."""
        self.take(1)
        if not isinstance(self.stack[-1], dict):
            raise UnsafeError("it sets the state of an object", HINT)

    def set_items(self, items: list[Any]) -> None:
        """Add keys and values to the table at the top of the stack."""
        table = self.stack[-1]
        if not isinstance(table, dict) or len(items) % 2:
            raise ValueError("a pickle adds keys to what is no table")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if isinstance(key, str):  # others are of an optimizer, say
                table[key] = value

    def append(self, values: list[Any]) -> None:
        """Add values to the list at the top of the stack."""
        if not isinstance(self.stack[-1], list):
            raise TypeError("a pickle adds a value to what is no list")
        self.stack[-1].extend(values)


_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    "MARK": lambda on, _: on.mark(),
    "NONE": lambda on, _: on.push(None),
    "NEWTRUE": lambda on, _: on.push(True),
    "NEWFALSE": lambda on, _: on.push(False),
    "EMPTY_TUPLE": lambda on, _: on.push(()),
    "EMPTY_LIST": lambda on, _: on.push([]),
    "EMPTY_DICT": lambda on, _: on.push({}),
    "TUPLE": lambda on, _: on.push(tuple(on.above_mark())),
    "TUPLE1": lambda on, _: on.push(tuple(on.take(1))),
    "TUPLE2": lambda on, _: on.push(tuple(on.take(2))),
    "TUPLE3": lambda on, _: on.push(tuple(on.take(3))),
    "APPEND": lambda on, _: on.append(on.take(1)),
    "APPENDS": lambda on, _: on.append(on.above_mark()),
    "SETITEM": lambda on, _: on.set_items(on.take(2)),
    "SETITEMS": lambda on, _: on.set_items(on.above_mark()),
    "GLOBAL": lambda on, argument: on.name(argument.replace(" ", ".", 1)),
    "STACK_GLOBAL": lambda on, _: on.name(".".join(on.take(2))),
    "BINPERSID": lambda on, _: on.push(Stored(*on.take(1))),
    "REDUCE": lambda on, _: on.reduce(),
    "BUILD": lambda on, _: on.build(),
    "MEMOIZE": lambda on, _: on.put(len(on.memo)),
    "PROTO": lambda on, _: None,
    "FRAME": lambda on, _: None,
}
"""What each instruction does. Those that put a constant on the stack are below."""
CONSTANTS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "UNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINUNICODE",
    "BINBYTES", "BINBYTES8", "SHORT_BINBYTES", "BINSTRING", "SHORT_BINSTRING",
}  # fmt: skip
PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
GETS = {"GET", "BINGET", "LONG_BINGET"}


def pickled_data(file: IO[bytes], allowed: frozenset[str]) -> Any:
    """Return the value that a pickle describes; the file is then behind it.

    Args:
        file: The file, at the first byte of the pickle.
        allowed: The names that may be in it. They are kept as `Name` and `Call`.

    Raises:
        UnsafeError: If it names anything else, has an instruction that data do not
            need, or is longer than the limits.
        ValueError: If it is damaged.
    """
    machine = _Machine(allowed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in texts
            _run(machine, file)
        [value] = machine.stack
    except (AssertionError, IndexError, KeyError, OverflowError, TypeError) as fault:
        raise ValueError("it is no pickle, or damaged") from fault
    return value


def _run(machine: _Machine, file: IO[bytes]) -> None:
    """Take the instructions of a pickle, up to its end."""
    instructions = pickletools.genops(cast("IO[bytes]", _Bounded(file)))
    for number, (code, found, _) in enumerate(instructions):
        argument: Any = found
        if number == MAX_INSTRUCTIONS:
            what = f"its pickle has more than {MAX_INSTRUCTIONS:,} instructions"
            raise UnsafeError(what, HINT)
        if code.name == "STOP":
            break
        if code.name in CONSTANTS:
            machine.push(argument)
        elif code.name in PUTS:
            machine.put(argument)
        elif code.name in GETS:
            machine.push(machine.memo[argument])
        elif step := _STEPS.get(code.name):
            step(machine, argument)
        else:
            what = f"it has the instruction {code.name}, which data do not need"
            raise UnsafeError(what, HINT)


class _Bounded:
    """A file of which a pickle may read so many bytes."""

    def __init__(self, file: IO[bytes]):
        self.file, self.left = file, MAX_BYTES

    def read(self, size: int) -> bytes:
        self._spend(size)
        return self.file.read(size)

    def readline(self) -> bytes:
        line = self.file.readline(self.left + 1)
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise UnsafeError(f"its pickle is longer than {MAX_BYTES:,} bytes", HINT)

"""What can become of a file on its way: drawn damage, and drawn malice."""

import contextlib
import json
import os
import random
import shutil
import socket
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tomli_w

from kerasdl import manifest

STRANGE: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 2**63, -(2**70), 10**400, 0.5, -1e300, float("nan"),
    float("inf"), "", "x" * 300, "\x1b[31m", "\0", "../..", "nan", [], {}, [[]], [None],
    {"a": 1}, [1, 2], ["a"], [0] * 1000,
]  # fmt: skip
"""What stands in a file in the place of a value."""


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


def places(value: Any, above: tuple = ()) -> Iterator[tuple]:
    """Yield where the values of a JSON value are, as keys and indices."""
    if above:
        yield above
    inner = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value[:4])
    for key, item in inner:
        yield from places(item, (*above, key))


def with_another_value(draw: random.Random, value: Any) -> Any:
    """Return a JSON value with one part removed, renamed or replaced."""
    value = json.loads(json.dumps(value))
    found = list(places(value))
    if not found:
        return draw.choice(STRANGE)
    *above, last = draw.choice(found)
    holder = value
    for key in above:
        holder = holder[key]
    match draw.randrange(8):
        case 0:
            del holder[last]
        case 1 if isinstance(holder, dict):
            holder[f"{last}x"] = holder.pop(last)
        case 2:
            holder[last] = deep(draw.choice([5, 100]))
        case 3 if isinstance(holder[last], int | float):
            holder[last] = holder[last] * draw.choice([-1, 2, 1000]) + draw.choice(
                [0, 1]
            )
        case _:
            holder[last] = draw.choice(STRANGE)
    return value


def bent(draw: random.Random, content: bytes) -> bytes:
    """Return bytes that are not these."""
    some = bytearray(content or b"\0")
    match draw.randrange(6):
        case 0:
            for _ in range(draw.choice([1, 1, 8])):
                some[draw.randrange(len(some))] ^= 1 << draw.randrange(8)
        case 1:
            del some[draw.randrange(len(some)) :]
        case 2:
            some += draw.randbytes(draw.choice([1, 100, 10**5]))
        case 3:
            begin = draw.randrange(len(some))
            some[begin : begin + 64] = bytes(len(some[begin : begin + 64]))
        case 4:
            begin = draw.randrange(len(some))
            some[begin : begin + 8] = draw.randbytes(draw.randrange(16))
        case 5:
            some = bytearray(
                draw.choice([b"", b"[" * 10**5, b"{}", b"\xff\xfe", b"\0" * 99])
            )
    return bytes(some)


def bend(draw: random.Random, path: Path) -> None:
    content = bent(draw, path.read_bytes())
    while content == path.read_bytes():
        content = bent(draw, content)
    path.write_bytes(content)


def change_values(draw: random.Random, path: Path) -> None:
    """Change a value in a file of JSON, JSON lines, TOML, or a model's config."""
    for _ in range(draw.choice([1, 1, 3])):
        match path.suffix:
            case ".json":
                value = with_another_value(draw, json.loads(path.read_bytes()))
                path.write_text(json.dumps(value))
            case ".jsonl":
                lines = path.read_text().splitlines() or ["{}"]
                number = draw.randrange(len(lines))
                value = with_another_value(draw, json.loads(lines[number]))
                lines[number] = json.dumps(value)
                path.write_text("\n".join(lines))
            case ".toml":
                value = with_another_value(draw, tomllib.loads(path.read_text()))
                with contextlib.suppress(TypeError, ValueError, AttributeError):
                    path.write_text(tomli_w.dumps(value))
            case ".keras":
                with zipfile.ZipFile(path) as archive:
                    members = {n: archive.read(n) for n in archive.namelist()}
                value = with_another_value(draw, json.loads(members["config.json"]))
                members["config.json"] = json.dumps(value).encode()
                with zipfile.ZipFile(path, "w") as archive:
                    for name, content in members.items():
                        archive.writestr(name, content)
            case _:
                bend(draw, path)


def swap(draw: random.Random, path: Path) -> None:
    other = draw.choice([p for p in path.parent.iterdir() if p.is_file()])
    shutil.copy(other, path.with_name("other"))
    path.with_name("other").replace(path)


def to_link(draw: random.Random, path: Path) -> None:
    path.unlink()
    targets = [
        Path("outside/file"),
        Path("outside"),
        Path("/dev/zero"),
        path,
        Path("no"),
    ]
    path.symlink_to(Path.cwd() / draw.choice(targets))


def to_special(draw: random.Random, path: Path) -> None:
    path.unlink()
    if draw.random() < 0.5:
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as listener:
            folder = Path.cwd()
            os.chdir(path.parent)  # names of sockets are short
            listener.bind(path.name)
            os.chdir(folder)


def to_folder(draw: random.Random, path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "file").write_bytes(b"kept")


def remove(draw: random.Random, path: Path) -> None:
    path.unlink()


def lengthen(draw: random.Random, path: Path) -> None:
    os.truncate(path, draw.choice([2**24, 2**32, 2**36]))


MUTATIONS: list[Callable[[random.Random, Path], None]] = [
    *[bend] * 3, *[change_values] * 6, swap, to_link, to_special, to_folder, remove,
    lengthen,
]  # fmt: skip


def mutate(draw: random.Random, path: Path) -> str:
    """Change a file, and return how."""
    mutation = draw.choice(MUTATIONS)
    mutation(draw, path)
    return mutation.__name__


def seal_again(draw: random.Random, run: Path, path: Path) -> bool:
    """Let the manifests fit what has become of a file, as a stranger would.

    Returns:
        Whether the manifest of the run stays as it was.
    """
    with contextlib.suppress(Exception):  # of what is no longer a file
        if path.name != manifest.NAME and path.parent.name.startswith("step-"):
            described = json.loads((path.parent / manifest.NAME).read_bytes())
            size = os.lstat(path).st_size
            large = path.is_symlink() or not path.is_file() or size > 2**24
            sealed = manifest.seal(b"" if large else path.read_bytes())
            described["files"][path.name] = sealed | {"bytes": size}
            (path.parent / manifest.NAME).write_bytes(manifest.to_bytes(described))
    match draw.randrange(3):
        case 0:
            return True
        case 1:
            with contextlib.suppress(Exception):
                manifest.write_run(run)
        case 2:
            with contextlib.suppress(OSError):
                (run / manifest.NAME).unlink()
    return False

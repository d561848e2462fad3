"""Model files written without Keras, so that they can be what Keras never writes."""

import io
import json
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

FILE = Path("model.keras")
STORED, DEFLATED = 0, 8


def function(name: str, module: str) -> dict[str, Any]:
    """Describe a function as Keras does."""
    kind = {"class_name": "function", "module": module}
    return kind | {"config": name, "registered_name": name}


def layer(kind: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    """Describe a layer as Keras does."""
    name = config.setdefault("name", kind.lower())
    described = {"module": module, "class_name": kind, "config": config}
    return described | {"registered_name": None, "name": name}


def dense(**config: Any) -> dict[str, Any]:
    return layer("Dense", **{"name": "outputs", "units": 3} | config)


def tensor(name: str, node: int = 0) -> dict[str, Any]:
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, node, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def functional(*layers: dict[str, Any]) -> dict[str, Any]:
    """Describe a model of four inputs that calls one layer after another."""
    chain = [layer("InputLayer", name="inputs", batch_shape=[None, 4])]
    chain[0]["inbound_nodes"] = []
    for part in layers:
        call = {"args": [tensor(chain[-1]["name"])], "kwargs": {}}
        chain.append(part | {"inbound_nodes": [call]})
    ends = {
        "input_layers": ["inputs", 0, 0],
        "output_layers": [chain[-1]["name"], 0, 0],
    }
    model = layer(
        "Functional", "keras.src.models.functional", name="model", layers=chain, **ends
    )
    return model | {"registered_name": "Functional"}


def weights(change: Callable[[h5py.File], object] = len) -> bytes:
    """Return the weights of four inputs and three outputs, once something changed them.

    The kernel of outputs holds ones, and their bias twos.
    """
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        arrays = file.create_group("layers/dense/vars")
        arrays["0"], arrays["1"] = np.ones((4, 3), "f4"), np.full(3, 2, "f4")
        change(file)
    return content.getvalue()


@dataclass
class Member:
    """A member of an archive, with a header that may lie.

    Args:
        name: Its name.
        pieces: What to write; a number is that many zeros left out of the file.
        size: Bytes it claims to unpack to; without it, those of the pieces.
        packed: Bytes it claims to take; without it, those of the pieces.
        method: How it claims to be packed.
        flags: 1 if it is encrypted.
        mode: As of a Unix file.
        extra: What only some programs read.
    """

    name: str
    pieces: Iterable[bytes | int]
    size: int | None = None
    packed: int | None = None
    method: int = STORED
    flags: int = 0
    mode: int = 0o100600
    extra: bytes = b""
    crc: int = field(default=0, init=False)

    def fields(self) -> tuple[int, ...]:
        version, moment = 20, 0
        sizes = self.packed, self.size
        lengths = len(self.name.encode()), len(self.extra)
        crc = self.crc
        return version, self.flags, self.method, moment, 0, crc, *sizes, *lengths  # type: ignore

    def header(self) -> bytes:
        return struct.pack("<4s5H3I2H", b"PK\3\4", *self.fields()) + self.tail()

    def entry(self, offset: int) -> bytes:
        """Return the line of the directory, for a Unix file."""
        there = 0, 0, 0, self.mode << 16, offset
        fixed = b"PK\1\2", 3 << 8 | 20, *self.fields(), *there
        return struct.pack("<4s6H3I5H2I", *fixed) + self.tail()

    def tail(self) -> bytes:
        return self.name.encode() + self.extra


def write(path: Path, *members: Member, more: bytes = b"", count: int = 0) -> None:
    """Write an archive.

    Args:
        path: The file.
        members: What is in it.
        more: More lines of its directory.
        count: Members that it claims to have; without it, those given.
    """
    directory = b""
    with path.open("wb") as file:
        for member in members:
            pieces = list(member.pieces)
            plain = [piece for piece in pieces if isinstance(piece, bytes)]
            length = sum(map(len, plain)) + sum({*pieces} - {*plain})
            member.size = length if member.size is None else member.size
            member.packed = length if member.packed is None else member.packed
            if len(pieces) == 1 and plain:
                member.crc = zlib.crc32(plain[0])
            directory += member.entry(file.tell())
            file.write(member.header())
            for piece in pieces:
                if isinstance(piece, bytes):
                    file.write(piece)
                else:
                    file.seek(piece, io.SEEK_CUR)
        begin, directory = file.tell(), directory + more
        count = min(count or len(members), 0xFFFF)
        ends = 0, 0, count, count, len(directory), begin, 0
        file.write(directory + struct.pack("<4s4H2IH", b"PK\5\6", *ends))


def model(config: Any = None, arrays: bytes | None = None) -> list[Member]:
    """Return the members of a model of one Dense layer, or what is given instead."""
    if not isinstance(config, bytes):
        config = json.dumps(config or functional(dense())).encode()
    return [
        Member("metadata.json", [b'{"keras_version": "3.15.1"}']),
        Member("config.json", [config]),
        Member("model.weights.h5", [weights() if arrays is None else arrays]),
    ]


def write_model(config: Any = None, arrays: bytes | None = None) -> None:
    write(FILE, *model(config, arrays))

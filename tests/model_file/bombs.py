"""Model files that claim more than they hold, made in little memory and disk."""

import io
import json
import zlib
from collections.abc import Callable, Iterator

import h5py
import numpy as np

from kerasdl.weight_files.hdf5 import MAX_OBJECTS
from tests.model_file.files import (
    DEFLATED,
    FILE,
    Member,
    dense,
    functional,
    model,
    weights,
    write,
    write_model,
)

BLOCK = 1 << 20
GIGABYTES = 2000 * BLOCK


def packed(byte: bytes, blocks: int) -> Iterator[bytes]:
    """Yield so many MiB of one byte, of which a block is packed once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packer.compress(byte * BLOCK)
    packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(byte * BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
    yield from [block] * blocks
    yield packer.flush()


def blanks_as_config() -> None:
    metadata, _, arrays = model()
    blanks = Member("config.json", packed(b" ", 2000), GIGABYTES, method=DEFLATED)
    write(FILE, metadata, blanks, arrays)


def packed_zeros_as_weights() -> None:
    zeros = Member("model.weights.h5", packed(b"\0", 2500), 2500 * BLOCK)
    zeros.method = DEFLATED
    write(FILE, *model()[:2], zeros)


def holes_as_weights() -> None:
    """Let a sparse file hold an array of 2.5 GB."""

    def claim(file: h5py.File) -> None:
        file.create_dataset("x", data=np.zeros(1 << 10, "u1"))

    write(
        FILE, *model()[:2], Member("model.weights.h5", [weights(claim), 2500 * BLOCK])
    )


def claims_more_than_the_file() -> None:
    """Let the directory say that the weights go on behind the end."""
    *others, arrays = model()
    write(FILE, *others, arrays)
    arrays.size = arrays.packed = 2500 * BLOCK
    write(FILE, *others, arrays)


def members(count: int) -> Callable[[], None]:
    def make() -> None:
        line = Member("x", [b""], 0, 0).entry(0)
        write(FILE, *model(), more=line * count, count=count)

    return make


def twice() -> None:
    write(FILE, *model(), model()[1])


def header(**changes: object) -> Callable[[], None]:
    """Return what writes a model of which one header is another."""

    def make() -> None:
        changed = model()
        for key, value in changes.items():
            setattr(changed[1], key, value)
        write(FILE, *changed)

    return make


def link() -> None:
    metadata, config, _ = model()
    outside = Member("model.weights.h5", [b"/etc/passwd"], mode=0o120777)
    write(FILE, metadata, config, outside)


def config_of(content: bytes) -> Callable[[], None]:
    return lambda: write_model(content)


def layers(count: int, one: str) -> Callable[[], None]:
    content = '{"config": {"layers": [' + ",".join([one] * count) + "]}}"
    return config_of(content.encode())


def with_arrays(change: Callable[[h5py.File], object]) -> Callable[[], None]:
    return lambda: write_model(arrays=weights(change))


def circle(file: h5py.File) -> None:
    file["layers/again"] = file["layers"]


def circle_to_the_root(file: h5py.File) -> None:
    file["layers/again"] = file["/"]


def second_name(file: h5py.File) -> None:
    file["layers/again"] = file["layers/dense/vars/0"]


def many_groups(file: h5py.File) -> None:
    group = file.create_group("many")
    for index in range(MAX_OBJECTS):
        group.create_group(str(index))


def long_attribute(place: str) -> Callable[[], None]:
    return with_arrays(
        lambda file: file[place].attrs.create("x", np.zeros(1 << 15, "u1"))
    )


def many_attributes(file: h5py.File) -> None:
    for index in range(1000):
        file["layers"].attrs[str(index)] = 0


def array(dtype: object, shape: tuple = (4,)) -> Callable[[], None]:
    """Return what writes a model with an array that has its bytes in the file."""
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)

    def add(file: h5py.File) -> None:
        file.create_dataset("x", shape, dtype, dcpl=early.copy())
        file["y"] = np.zeros(4)  # else the file would end before the bytes of x

    return with_arrays(add)


def named_type(file: h5py.File) -> None:
    file["x"] = np.dtype("f4")


def one_value_of_many(file: h5py.File) -> None:
    """Let an array in chunks, none of which is there, be filled with a number."""
    file.create_dataset("x", (1 << 40,), "f4", chunks=(1 << 20,), fillvalue=1)


def shared_bytes() -> None:
    """Let 100 arrays lie at the place of another one."""
    nowhere, size = b"\xff" * 8, 1 << 16
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        there = file.create_dataset("there", data=np.ones(size, "u1"))
        place = there.id.get_offset().to_bytes(8, "little")
        for index in range(100):
            file.create_dataset(str(index), (size,), "u1")  # it has no place so far
    length = size.to_bytes(8, "little")
    write_model(arrays=content.getvalue().replace(nowhere + length, place + length))


DEEP = b'{"config":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DENSE = json.dumps(dense())
SHORT = '{"class_name":"Dense","module":"keras.layers"}'

BOMBS: dict[str, Callable[[], None]] = {
    "2 GB of blanks as config": blanks_as_config,
    "2.5 GB of packed zeros": packed_zeros_as_weights,
    "2.5 GB of holes": holes_as_weights,
    "60,000 members": members(60_000),
    "a million members": members(1_000_000),
    "a member twice": twice,
    "a link": link,
    "an encrypted member": header(flags=1),
    "a member packed otherwise": header(method=99),
    "sizes that differ": header(size=1 << 31),
    "a member of another name": header(name="config.json\0.txt"),
    "a folder": header(name="config.json/"),
    "a config of 5 MB": config_of(b" " * 5_000_000),
    "10 million values": config_of(b'{"config":[' + b"0," * 10_000_000 + b"0]}"),
    "2 million values": config_of(b'{"config":[' + b"0," * 2_000_000 + b"0]}"),
    "100,000 brackets": config_of(DEEP),
    "100 brackets": config_of(
        json.dumps(functional(dense())).encode()[:-1]
        + b',"x":'
        + b"[" * 100
        + b"]" * 100
        + b"}"
    ),
    "200,000 layers": layers(200_000, DENSE),
    "80,000 short layers": layers(80_000, SHORT),
    "hard links in a circle": with_arrays(circle),
    "a hard link to the root": with_arrays(circle_to_the_root),
    "a second name of an array": with_arrays(second_name),
    "many groups": with_arrays(many_groups),
    "a long attribute": long_attribute("layers"),
    "a long attribute of the root": long_attribute("/"),
    "a long attribute of an array": long_attribute("layers/dense/vars/0"),
    "many attributes": with_arrays(many_attributes),
    "objects": array(h5py.string_dtype()),
    "arrays of any length": array(h5py.vlen_dtype("f4")),
    "references": array(h5py.ref_dtype),
    "pairs": array([("a", "f4"), ("b", "f4")]),
    "text": array("S10"),
    "opaque bytes": array("V10"),
    "complex numbers": array("c8"),
    "arrays of arrays": array(np.dtype(("f4", (1 << 20,)))),
    "a named type": with_arrays(named_type),
    "one value a trillion times": with_arrays(one_value_of_many),
    "bytes that 100 arrays share": shared_bytes,
}
"""What each is to what writes it; all are refused as unsafe."""
DAMAGED: dict[str, Callable[[], None]] = {
    "no archive": lambda: FILE.write_bytes(b"no archive"),
    "empty": lambda: FILE.write_bytes(b""),
    "no config": lambda: write(FILE, model()[0], model()[2]),
    "no weights": lambda: write(FILE, *model()[:2]),
    "no JSON": config_of(b"{"),
    "no UTF-8": config_of(b"\xff"),
    "no model": config_of(b"[]"),
    "no config of a model": config_of(b'{"config": 1}'),
    "no HDF5": lambda: write_model(arrays=b"no HDF5"),
    "more weights than the file has bytes": claims_more_than_the_file,
    "cut off": lambda: (write_model(), FILE.write_bytes(FILE.read_bytes()[:-40]))[0],
}
"""The same, for what is refused as damaged."""

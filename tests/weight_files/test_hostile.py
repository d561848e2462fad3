"""Weights of strangers: nothing runs, and what lies is refused in a line."""

import contextlib
import io
import json
import os
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasdl.errors import KerasDLError, ModelFileError, UnsafeError
from kerasdl.weight_files import opened

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.any_backend


class Runs:
    """Makes a folder where it is unpickled."""

    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.canary),)


def read(path: Path) -> None:
    with opened(path) as tensors:
        for tensor in tensors.values():
            assert tensor.read().shape == tensor.shape


def refused(path: Path, kind: type[KerasDLError], words: str = "") -> str:
    with pytest.raises(kind) as fault:
        read(path)
    assert str(path) in fault.value.what
    assert words in fault.value.what
    assert "\n" not in str(fault.value)
    return fault.value.what


def header(entries: Any, data: bytes = b"") -> bytes:
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(begin: int, end: int, shape: Any = (2,), dtype: str = "F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (header({"a": entry(0, 8)}), UnsafeError, "claims"),
        (header({"a": entry(0, 8)}, b"0" * 9), UnsafeError, "claims"),
        (header({"a": entry(0, 8), "b": entry(4, 12)}, b"0" * 12), UnsafeError, "another"),
        (header({"a": entry(0, 8), "b": entry(0, 8)}, b"0" * 8), UnsafeError, "another"),
        (header({"a": entry(4, 12)}, b"0" * 12), UnsafeError, "of no tensor"),
        (header({"a": entry(0, 8, [3])}, b"0" * 8), ModelFileError, "claims 12 bytes"),
        (header({"a": entry(0, 8, [-2])}, b"0" * 8), ModelFileError, "shape"),
        (header({"a": entry(0, 0, [0, 2**70])}), ModelFileError, "shape"),
        (header({"a": entry(0, 8, [True, 2])}, b"0" * 8), ModelFileError, "shape"),
        (header({"a": entry(8, 0)}, b"0" * 8), ModelFileError, "places"),
        (header({"a": entry(0, 8, dtype="F8_E4M3")}, b"0" * 8), ModelFileError, "dtype"),
        (header({"a": {**entry(0, 8), "dtype": []}}, b"0" * 8), ModelFileError, ""),
        (header({"a": 3}), ModelFileError, "no table"),
        (header(b'{"a": {}, "a": {}}'), UnsafeError, "twice"),
        (header(b'{"a":' * 9 + b"[" * 100_000), UnsafeError, "nested"),
        (header(b"{]"), ModelFileError, "cannot be read"),
        (struct.pack("<Q", 100 << 30) + b"{}", UnsafeError, "107,374,182,400"),
        (struct.pack("<Q", 2) + b"{", UnsafeError, "claims a header"),
    ],
)  # fmt: skip
def test_safetensors(
    tmp_path: Path, content: bytes, kind: type[KerasDLError], words: str
):
    (tmp_path / "w").write_bytes(content)
    refused(tmp_path / "w", kind, words)


def legacy(value: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def archive(value: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


@pytest.mark.parametrize("save", [legacy, archive, pickle.dumps])
@pytest.mark.parametrize(
    "wrapped", [lambda x: x, lambda x: {"w": torch.ones(2), "x": x}]
)
def test_a_pickle_that_would_run(tmp_path: Path, save: Callable, wrapped: Callable):
    canary = tmp_path / "canary"
    (tmp_path / "w.pth").write_bytes(save(wrapped(Runs(canary))))
    refused(
        tmp_path / "w.pth", UnsafeError, "mkdir" if save is not pickle.dumps else ""
    )
    assert not canary.exists()


OPCODES = {
    "an instance": b"(iposix\nsystem\n.",
    "an object": b"(cposix\nsystem\no.",
    "an extension": b"\x82\x01.",
    "a persistent text": b"Px\n.",
    "a new object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "a call of a value": b"\x80\x02X\x01\x00\x00\x00a)R.",
    "a state": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R}b.",
    "a pop": b"\x80\x020.",
}


@pytest.mark.parametrize("name", OPCODES)
def test_instructions_that_data_do_not_need(tmp_path: Path, name: str):
    content = io.BytesIO(archive({"w": torch.ones(2)}))
    changed = tmp_path / "w.pth"
    with zipfile.ZipFile(content) as given, zipfile.ZipFile(changed, "w") as made:
        for each in given.namelist():
            is_pickle = each.endswith("data.pkl")
            made.writestr(each, OPCODES[name] if is_pickle else given.read(each))
    refused(changed, UnsafeError)


def test_a_tensor_that_claims_more_than_its_storage(tmp_path: Path):
    torch.save({"w": torch.ones(1).expand(10**9)}, tmp_path / "w.pth")
    refused(tmp_path / "w.pth", UnsafeError, "claims 1,000,000,000 numbers of 1")


@pytest.mark.parametrize("save", [legacy, archive])
def test_damage_and_mutations(tmp_path: Path, save: Callable):
    whole = save({"a": torch.ones(3, 4), "b": torch.arange(5)})
    path = tmp_path / "w"
    rng = np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(whole)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(256)
        path.write_bytes(content[: rng.integers(1, len(content) + 1)])
        with contextlib.suppress(ModelFileError, UnsafeError):
            read(path)


def test_a_table_that_holds_itself(tmp_path: Path):
    table: dict[str, Any] = {"w": torch.ones(2)}
    table["self"] = table
    (tmp_path / "w").write_bytes(legacy(table))
    refused(tmp_path / "w", ModelFileError, "no table of weights")


@pytest.mark.parametrize("place", ["../w", "/etc/passwd", "a/../../w", "..\\w"])
def test_an_index_that_leads_out_of_its_folder(tmp_path: Path, place: str):
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": place}}))
    refused(tmp_path, UnsafeError, "not in its folder")


def test_packed_members(tmp_path: Path):
    content = io.BytesIO(archive({"w": torch.ones(2)}))
    with (
        zipfile.ZipFile(content) as given,
        zipfile.ZipFile(tmp_path / "w", "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for each in given.namelist():
            made.writestr(each, given.read(each))
    refused(tmp_path / "w", UnsafeError, "packed")


def test_objects_in_npz(tmp_path: Path):
    canary = tmp_path / "canary"
    np.savez(tmp_path / "w.npz", a=np.array([Runs(canary)], object))
    refused(tmp_path / "w.npz", UnsafeError, "pickled objects")
    assert not canary.exists()


def test_a_pipe(tmp_path: Path):
    os.mkfifo(tmp_path / "w")
    refused(tmp_path / "w", UnsafeError, "not a regular file")


def test_views_that_mean_other_numbers(tmp_path: Path):
    for view in (
        torch.tensor([1 + 2j]).conj().imag,
        torch._neg_view(torch.arange(3.0)),
    ):
        torch.save({"w": view}, tmp_path / "w")
        refused(tmp_path / "w", ModelFileError, "conjugated or negated")


def test_a_checkpoint_with_keys_of_any_type_and_no_checksums(tmp_path: Path):
    whole = {"state_dict": {"w": torch.ones(2)}, "other": {(1, 2): 3, 4: 5}}
    torch.save(whole, tmp_path / "w")
    read(tmp_path / "w")


def keys_that_double() -> bytes:
    twice = b"\x80\x02)q\x00" + b"h\x00h\x00\x86q\x00" * 60 + b"\x85."
    parts = pickles_of(legacy({"w": torch.ones(2)}))
    return b"".join([*parts[:4], twice, *parts[5:]])


def pickles_of(content: bytes) -> list[bytes]:
    """Return the five pickles of a legacy file, and what follows them."""
    file, parts = io.BytesIO(content), []
    for _ in range(5):
        begin = file.tell()
        for _ in pickletools.genops(file):
            pass
        parts.append(content[begin : file.tell()])
    return [*parts, content[file.tell() :]]


def tables_of_one(count: int = 5_000) -> bytes:
    inner = b"}(" + b"".join(
        b"X" + struct.pack("<I", len(name)) + name + b"K\x01"
        for name in (b"%d" % number for number in range(count))
    )
    outer = b"\x80\x02}q\x01(" + b"X\x01\x00\x00\x00a" + inner + b"uq\x00"
    outer += b"".join(
        b"X" + struct.pack("<I", len(name)) + name + b"h\x00"
        for name in (b"t%d" % number for number in range(count))
    )
    return in_an_archive(outer + b"u.")


def in_an_archive(content: bytes) -> bytes:
    given, file = io.BytesIO(archive({"w": torch.ones(2)})), io.BytesIO()
    with zipfile.ZipFile(given) as source, zipfile.ZipFile(file, "w") as made:
        for each in source.namelist():
            is_pickle = each.endswith("data.pkl")
            made.writestr(each, content if is_pickle else source.read(each))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (keys_that_double, ModelFileError),
        (tables_of_one, ModelFileError),
        (lambda: in_an_archive(b"}" * 2_000_000 + b"."), UnsafeError),
        (
            lambda: header({"a": entry(0, 8, [2**31 - 1] * 400_000)}, b"0" * 8),
            ModelFileError,
        ),
        (
            lambda: header(
                b"{" + b",".join(b'"%d":{}' % n for n in range(60_000)) + b',"1":{}}'
            ),
            UnsafeError,
        ),
    ],
    ids=["keys that double", "tables of one", "empty tables", "axes", "names"],
)
def test_what_would_take_hours_or_all_memory(
    tmp_path: Path, content: Callable, kind: type[KerasDLError]
):
    (tmp_path / "w").write_bytes(content())
    assert len(refused(tmp_path / "w", kind)) < 500


def test_a_hole_that_claims_more_than_there_is(tmp_path: Path):
    path = tmp_path / "w.pth"
    path.write_bytes(archive({"w": torch.ones(2)}))
    os.truncate(path, 30 << 30)
    refused(path, UnsafeError, "most of which are missing")

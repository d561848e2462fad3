"""Open a file or a folder of weights of any format."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import IO

import h5py
import numpy as np

from kerasdl import untrusted
from kerasdl.data.npy import DAMAGE
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.weight_files import hdf5
from kerasdl.weight_files.npz_file import npz
from kerasdl.weight_files.safetensors_file import safetensors
from kerasdl.weight_files.stored_tensor import StoredTensor
from kerasdl.weight_files.torch_file import PICKLE, torch_archive, torch_legacy

HINT = (
    "give a .safetensors, .npz, .pth, .weights.h5 or .keras file, or a folder of "
    "Hugging Face"
)
WHOLE = ("model.safetensors", "pytorch_model.bin")
"""Names of the weights in a folder of Hugging Face, the safer first; each may have an
index that names the files of its tensors."""

ZIP = b"PK\x03\x04"


@contextmanager
def opened(path: Path) -> Iterator[Mapping[str, StoredTensor]]:
    """Open trained weights; each tensor is read when it is asked for.

    Args:
        path: A safetensors file, an `.npz`, a file of `torch.save` or of Keras's
            `Model.save_weights`, or a folder as Hugging Face lays it out, whose weights
            may be in several files.

    Yields:
        The tensors by name, to be read while the body runs.

    Raises:
        ModelFileError: If it is missing, damaged, or of another format.
        UnsafeError: If it could run code, or claims what it does not hold.
    """
    with ExitStack() as files:
        with _told(path):
            tensors = _of_path(path, files)
        yield {
            name: StoredTensor(tensor.shape, partial(_read, tensor, path))
            for name, tensor in tensors.items()
        }


def _read(tensor: StoredTensor, path: Path) -> np.ndarray:
    with _told(path):
        return tensor.read()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what libraries raise for a damaged file into errors that name it."""
    try:
        yield
    except MemoryError as fault:
        what = f"{path} claims more than fits in memory"
        raise UnsafeError(what, "do not use it") from fault
    except (*DAMAGE, OSError) as fault:
        raise _damaged(path, fault) from fault
    except UnsafeError as fault:
        if str(path) in fault.what:
            raise
        raise UnsafeError(f"{path}: {fault.what}", fault.hint) from fault


def _of_path(path: Path, files: ExitStack) -> dict[str, StoredTensor]:
    """Return the tensors of a file, an index or a folder."""
    if path.is_dir():
        return _of_folder(path, files)
    is_index = path.name.endswith(".index.json")
    return _of_index(path, files) if is_index else _of(path, files)


def _of_folder(folder: Path, files: ExitStack) -> dict[str, StoredTensor]:
    """Return the tensors of a folder."""
    for name in WHOLE:
        if (folder / name).is_file():
            return _of(folder / name, files)
        if (index := folder / f"{name}.index.json").is_file():
            return _of_index(index, files)
    names = " or ".join(WHOLE)
    raise ModelFileError(f"{folder} holds no {names}", HINT)


def _of_index(index: Path, files: ExitStack) -> dict[str, StoredTensor]:
    """Return the tensors of all files that an index names."""
    content = untrusted.read_json(index)
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not places:
        raise ValueError(f"{index.name} names no files")
    names = {str(name) for name in places.values()}
    for name in names:
        if PurePath(name).name != name or "\\" in name:
            what = f"{index} names {name[:80]!r}, which is not in its folder"
            raise UnsafeError(what, "do not use it")
    shards = {name: _of(index.parent / name, files) for name in sorted(names)}
    if missing := [key for key, name in places.items() if key not in shards[name]]:
        raise ValueError(f"{missing[0][:80]!r} is not in the file that has it")
    return {key: shards[name][key] for key, name in places.items()}


def _of(path: Path, files: ExitStack) -> dict[str, StoredTensor]:
    """Return the tensors of a file, whose first bytes tell its format."""
    file: IO[bytes] = files.enter_context(untrusted.open_file(path, may_be_sparse=True))
    first = file.read(9)
    file.seek(0)
    if first[8:] == b"{" and not first.startswith(ZIP):
        return safetensors(file, path)
    file = files.enter_context(untrusted.open_file(path))
    if first.startswith(ZIP):
        archive = files.enter_context(zipfile.ZipFile(file))
        if any(PurePath(name).name == PICKLE for name in archive.namelist()):
            return torch_archive(file, path)
        return npz(archive, path)
    if first.startswith(hdf5.MAGIC[:8]):
        try:
            hdf5.count(file, path.stat().st_size, str(path))
            return hdf5.tensors(files.enter_context(h5py.File(file, "r")))
        except UnsafeError as fault:
            raise UnsafeError(fault.what, "do not use it") from fault
    if first.startswith(b"\x80"):
        return torch_legacy(file)
    raise ModelFileError(f"{path} holds no weights that can be read", HINT)


def _damaged(path: Path, fault: Exception) -> ModelFileError:
    if isinstance(fault, FileNotFoundError):
        return ModelFileError(f"{path} does not exist", HINT)
    reason = " ".join(str(getattr(fault, "strerror", None) or fault).split())[:200]
    what = f"{path} cannot be read: {reason or type(fault).__name__}"
    return ModelFileError(what, "get it again")

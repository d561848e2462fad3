"""A file for each known way to do harm with a model file, by its number."""

import base64
import io
import marshal
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

from tests.model_file.canary import TOUCHED, Canary
from tests.model_file.files import (
    FILE,
    Member,
    dense,
    function,
    functional,
    layer,
    model,
    weights,
    write,
    write_model,
)


def write_touched(x: object) -> object:
    open("touched", "w").close()  # noqa: PTH123  it runs without this file
    return x


def a_lambda() -> dict[str, Any]:
    """Describe code as Keras does a Lambda layer's."""
    code = base64.b64encode(marshal.dumps(write_touched.__code__)).decode()
    config = {"code": code, "defaults": None, "closure": None}
    return {
        "class_name": "__lambda__",
        "config": {"value": [code, None, None]} | config,
    }


class Pickled:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple:
        return (open, (TOUCHED, "w"))


def calls(name: str, module: str, **arguments: Any) -> Callable[[Canary], None]:
    """Return what writes a model with a Lambda layer that calls a function."""
    call = function(name, module)
    return lambda _: write_model(
        functional(layer("Lambda", function=call, arguments=arguments), dense())
    )


def activates(name: str, module: str) -> Callable[[Canary], None]:
    return lambda _: write_model(functional(dense(activation=function(name, module))))


def downloads(**more: Any) -> Callable[[Canary], None]:
    def make(canary: Canary) -> None:
        arguments = {"fname": "archive.tar.gz", "origin": canary.url, "cache_dir": "."}
        calls("get_file", "keras.utils", **arguments, **more)(canary)

    return make


def reads(kind: str, **config: Any) -> Callable[[Canary], None]:
    """Return what writes a model with a layer that reads a vocabulary."""

    def make(canary: Canary) -> None:
        pipe = {"vocabulary": str(canary.pipe)}
        write_model(functional(layer(kind, **pipe | config), dense()))

    return make


def h5(change: Callable[[h5py.File, Canary], object]) -> Callable[[Canary], None]:
    """Return what writes a model whose weights something changed."""
    return lambda canary: write_model(arrays=weights(lambda file: change(file, canary)))


def legacy_h5(_: Canary) -> None:
    """Write what `load_model` of Keras 2 reads: the config is an attribute."""
    with h5py.File(FILE, "w") as file:
        file.attrs["model_config"] = "{}"


def h5_with_an_archive(_: Canary) -> None:
    """Write an archive behind an HDF5 file."""
    write(Path("archive"), *model())
    FILE.write_bytes(weights() + Path("archive").read_bytes())


def torch_archive(_: Canary) -> None:
    write(FILE, *model(), Member("archive/data.pkl", [pickle.dumps(Pickled())]))


def torch_wrapper(_: Canary) -> None:
    wrapper = layer("TorchModuleWrapper")
    wrapper["config"]["module"] = base64.b64encode(pickle.dumps(Pickled())).decode()
    write_model(functional(wrapper, dense()))


def member(name: str, **header: Any) -> Callable[[Canary], None]:
    return lambda _: write(FILE, *model(), Member(name, [b"x"], **header))


def is_external(file: h5py.File, canary: Canary) -> None:
    file.create_dataset("x", (4,), "u1", external=[(str(canary.pipe), 0, 4)])


def is_virtual(file: h5py.File, canary: Canary) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(str(canary.pipe), "x", (4,))
    file.create_virtual_dataset("x", layout)


def is_packed(file: h5py.File, _: Canary) -> None:
    """Hold 100 times 64 MiB of zeros in 6 MB."""
    chunk, count = 1 << 26, 100
    shape, chunks = (chunk * count,), (chunk,)
    packed = io.BytesIO()
    with h5py.File(packed, "w") as small:
        zeros = small.create_dataset("x", chunks, "u1", chunks=chunks, compression=9)
        zeros[:] = 0
        content = zeros.id.read_direct_chunk((0,))[1]
    big = file.create_dataset("x", shape, "u1", chunks=chunks, compression=9)
    for index in range(count):
        big.id.write_direct_chunk((index * chunk,), content)


def has_a_shape_without_bytes(file: h5py.File, _: Canary) -> None:
    arrays = file["layers/dense/vars"]
    del arrays["0"]
    arrays.create_dataset("0", (1 << 40, 3), "f4")


FIXTURES: dict[str, Callable[[Canary], None]] = {
    "2024-3660 lambda": lambda _: write_model(
        functional(layer("Lambda", function=a_lambda(), output_shape=[4]), dense())
    ),
    "2024-3660 lambda as activation": lambda _: write_model(
        functional(dense(activation=a_lambda()))
    ),
    "2024-3660 lambda in a nested model": lambda _: write_model(
        functional(functional(layer("Lambda", function=a_lambda())), dense())
    ),
    "2025-1550 os.system": calls("system", "os", command=f"touch {TOUCHED}"),
    "2025-1550 subprocess": activates("run", "subprocess"),
    "2025-1550 a class": lambda _: write_model(
        functional(layer("Popen", "subprocess", args=["touch", TOUCHED]), dense())
    ),
    "2025-1550 builtins": activates("exec", "builtins"),
    "2025-1550 an initializer": lambda _: write_model(
        functional(dense(kernel_initializer=layer("Path", "pathlib")))
    ),
    "2025-1550 beside the model": lambda _: write_model(
        functional(dense(anything=[{"deep": [function("system", "os")]}]))
    ),
    "2025-8747/9906 get_file": downloads(),
    "2025-8747/9906 get_file as activation": activates("get_file", "keras.utils"),
    "2025-8747/9906 enable_unsafe_deserialization": calls(
        "enable_unsafe_deserialization", "keras.config"
    ),
    "2025-8747/9906 load_model": calls("load_model", "keras.saving", safe_mode=False),
    "2025-8747/9906 load_model by its private name": calls(
        "load_model", "keras.src.saving.saving_api", safe_mode=False
    ),
    "2025-8747/9906 func_load": calls("func_load", "keras.src.utils.python_utils"),
    "2025-9905 h5": legacy_h5,
    "2025-9905 h5 with an archive": h5_with_an_archive,
    "2025-9905 pickle": lambda _: FILE.write_bytes(pickle.dumps(Pickled())),
    "2025-9905 archive of PyTorch": torch_archive,
    "2025-49655 TorchModuleWrapper": torch_wrapper,
    "2025-12058 StringLookup": reads("StringLookup"),
    "2025-12058 IntegerLookup": reads("IntegerLookup"),
    "2025-12058 IndexLookup": reads("IndexLookup", vocabulary="/etc/passwd"),
    "2025-12058 TextVectorization": reads("TextVectorization"),
    "2025-12058 a URL": lambda canary: reads("StringLookup", vocabulary=canary.url)(
        canary
    ),
    "2025-12060/12638 get_file that unpacks": downloads(extract=True),
    "2025-12060/12638 get_file that unpacks tar": downloads(
        untar=True, archive_format="tar"
    ),
    "2025-12060/12638 a member elsewhere": member(f"../{TOUCHED}"),
    "2025-12060/12638 an absolute member": member(f"/tmp/{TOUCHED}"),
    "2026-0897 shape": h5(has_a_shape_without_bytes),
    "2026-1669 external storage": h5(is_external),
    "2026-1462 TFSMLayer": lambda canary: write_model(
        functional(layer("TFSMLayer", filepath=str(canary.pipe)), dense())
    ),
    "2026-9335/12479-12484 soft link": h5(
        lambda file, _: file.__setitem__("x", h5py.SoftLink("/layers"))
    ),
    "2026-9335/12479-12484 soft link to nowhere": h5(
        lambda file, _: file.__setitem__("x", h5py.SoftLink("/nowhere"))
    ),
    "2026-9335/12479-12484 external link": h5(
        lambda file, canary: file.__setitem__(
            "x", h5py.ExternalLink(str(canary.pipe), "/")
        )
    ),
    "2026-9335/12479-12484 layer named ..": lambda _: write_model(
        functional(dense(name=f"../../{TOUCHED}"))
    ),
    "2026-9335/12479-12484 layer named as on Windows": lambda _: write_model(
        functional(dense(name=f"..\\..\\{TOUCHED}"))
    ),
    "2026-9335/12479-12484 absolute layer": lambda _: write_model(
        functional(dense(name=f"/tmp/{TOUCHED}"))
    ),
    "2026-9335/12479-12484 virtual array": h5(is_virtual),
    "2026-9335/12479-12484 safe_mode in the file": lambda _: write_model(
        functional(layer("Lambda", function=a_lambda(), safe_mode=False), dense())
    ),
    "2026-12570 packed array": h5(is_packed),
}

"""Weights of each format are what the libraries that wrote them read."""

import json
from collections import OrderedDict
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch

from kerasdl.errors import ModelFileError
from kerasdl.weight_files import opened

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.any_backend
RNG = np.random.default_rng(0)
ARRAYS = {
    "a.weight": RNG.normal(size=(3, 4)).astype("float32"),
    "a.bias": RNG.normal(size=4),
    "half": RNG.normal(size=5).astype("float16"),
    "steps": np.array(7, "int64"),
    "none": np.zeros((0, 3), "float32"),
    "mask": np.array([True, False]),
}


def read(path: Path) -> dict[str, np.ndarray]:
    with opened(path) as tensors:
        values = {name: tensor.read() for name, tensor in tensors.items()}
        assert {n: v.shape for n, v in values.items()} == {
            n: t.shape for n, t in tensors.items()
        }
    return values


def assert_equal(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, strict=True)


def test_safetensors(tmp_path: Path):
    safetensors.numpy.save_file(ARRAYS, tmp_path / "w", {"format": "np"})
    assert_equal(read(tmp_path / "w"), ARRAYS)


def test_bfloat16_becomes_float32(tmp_path: Path):
    values = torch.tensor([1.5, -2.0, 3e38]).bfloat16()
    safetensors.torch.save_file({"w": values}, tmp_path / "st")
    torch.save({"w": values}, tmp_path / "pt")
    expected = {"w": values.float().numpy()}
    assert_equal(read(tmp_path / "st"), expected)
    assert_equal(read(tmp_path / "pt"), expected)
    assert expected["w"].astype(ml_dtypes.bfloat16).astype("f4")[0] == 1.5


@pytest.mark.parametrize("packed", [False, True])
def test_npz(tmp_path: Path, packed: bool):
    save = np.savez_compressed if packed else np.savez
    save(tmp_path / "w.npz", **ARRAYS)  # pyright: ignore[reportArgumentType]
    assert_equal(read(tmp_path / "w.npz"), ARRAYS)


@pytest.mark.parametrize("is_archive", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
def test_torch(tmp_path: Path, is_archive: bool, protocol: int):
    base = torch.arange(24.0).reshape(4, 6)
    state = OrderedDict(
        {name: torch.from_numpy(np.array(each)) for name, each in ARRAYS.items()}
    )
    state |= {
        "part": base[1:3, 2:],
        "turned": base.T,
        "shared": base,
        "parameter": torch.nn.Parameter(base[0]),
    }
    torch.save(
        state,
        tmp_path / "w",
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=is_archive,
    )
    expected = {name: each.detach().numpy() for name, each in state.items()}
    assert_equal(read(tmp_path / "w"), expected)


@pytest.mark.parametrize("name", ["state_dict", "model", "weights_of_mine"])
def test_weights_among_other_things(tmp_path: Path, name: str):
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(4, 2)).sum().backward()
    optimizer.step()
    whole = {
        "epoch": 3,
        "best": 0.5,
        "optimizer": optimizer.state_dict(),
        name: network.state_dict(),
    }
    torch.save(whole, tmp_path / "w")
    expected = {n: each.numpy() for n, each in network.state_dict().items()}
    assert_equal(read(tmp_path / "w"), expected)


def test_a_folder_of_several_files(tmp_path: Path):
    shards = [dict([*ARRAYS.items()][:2]), dict([*ARRAYS.items()][2:])]
    places = {}
    for number, shard in enumerate(shards):
        file = f"model-{number}.safetensors"
        safetensors.numpy.save_file(shard, tmp_path / file)
        places |= dict.fromkeys(shard, file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    assert_equal(read(tmp_path), ARRAYS)


def test_a_folder_prefers_what_cannot_run(tmp_path: Path):
    safetensors.numpy.save_file(ARRAYS, tmp_path / "model.safetensors")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")
    assert_equal(read(tmp_path), ARRAYS)


@pytest.mark.parametrize("name", ["nothing", "folder", "text"])
def test_what_holds_no_weights(tmp_path: Path, name: str):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("weights")
    with pytest.raises(ModelFileError, match=name):
        read(tmp_path / name)

"""What `Model.save_weights` and `Model.save` write begins another model."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasdl.errors import KerasDLError, ModelFileError, UnfitWeightsError, UnsafeError
from kerasdl.models.published.load import load_published
from kerasdl.models.published.source import opened
from tests.models.small import SMALL, build

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
@pytest.mark.parametrize("family", SMALL)
def test_every_family(family: str, suffix: str):
    taught, model = build(family, seed=1), build(family, seed=2)
    taught.compile("adam", "mse")  # its state is written as well, and left
    taught.optimizer.build(taught.trainable_variables)
    for each in taught.weights:
        each.assign(np.random.default_rng(5).normal(size=each.shape))
    path = Path(f"it{suffix}")
    (taught.save if suffix == ".keras" else taught.save_weights)(path)
    with opened(path) as tensors:
        loaded = load_published(model, tensors, family, str(path))
    assert (loaded.library, loaded.taken) == ("kerasdl", len(model.weights))
    for own, other in zip(model.get_weights(), taught.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


def test_another_last_layer_is_told_or_replaced():
    build("cnn").save_weights("it.weights.h5")
    model = build("cnn")
    head = next(each for each in model.layers if each.name == "head")
    head.kernel.assign(head.kernel * 0)
    with h5py.File("it.weights.h5", "a") as file:
        numbers = [n for n in _arrays(file) if n.shape == tuple(head.kernel.shape)]
        name, values = numbers[0].name, numbers[0][()]
        del file[name]
        file[name] = values[:, :-1]
    with opened(Path("it.weights.h5")) as tensors:
        with pytest.raises(UnfitWeightsError, match="1 of another shape"):
            load_published(model, tensors, "cnn", "it")
        loaded = load_published(model, tensors, "cnn", "it", replace_head=True)
    assert loaded.replaced == ["head/kernel", "head/bias"]
    assert not np.any(head.kernel)


def _arrays(file: h5py.File) -> list[h5py.Dataset]:
    found: list[h5py.Dataset] = []
    file.visititems(
        lambda _, part: found.append(part) if isinstance(part, h5py.Dataset) else None
    )
    return found


def read_all(path: Path) -> None:
    with opened(path) as tensors:
        for each in tensors.values():
            each.read()


def test_a_file_that_could_do_harm_is_refused(tmp_path: Path):
    build("mlp").save_weights("it.weights.h5")
    whole = Path("it.weights.h5").read_bytes()
    (tmp_path / "other").write_bytes(b"secret" * 1000)

    def link(file: h5py.File) -> None:
        file["layers/elsewhere"] = h5py.ExternalLink("other", "/")

    def outside(file: h5py.File) -> None:
        bytes_of = [(str(tmp_path / "other"), 0, 400)]
        file.create_dataset("layers/x/vars/0", (100,), "f4", external=bytes_of)

    def text(file: h5py.File) -> None:
        file["layers/x/vars/0"] = "words"

    def huge(file: h5py.File) -> None:
        file.create_dataset("layers/x/vars/0", (1 << 40,), "f4")

    def twice(file: h5py.File) -> None:
        file.copy("layers/dense", "layers/other")

    def nested(file: h5py.File) -> None:
        file.create_group("/".join("g" * 60))

    def long_name(file: h5py.File) -> None:
        file["layers/dense/vars"].attrs["name"] = "n" * 1_000_000

    def elsewhere(file: h5py.File) -> None:
        file["weights"] = np.ones(3)

    for change, error in (
        (link, UnsafeError),
        (outside, UnsafeError),
        (text, UnsafeError),
        (huge, UnsafeError),
        (twice, UnsafeError),
        (nested, UnsafeError),
        (long_name, UnsafeError),
        (elsewhere, ModelFileError),
    ):
        Path("it.weights.h5").write_bytes(whole)
        with h5py.File("it.weights.h5", "a") as file:
            change(file)
        with pytest.raises(error), opened(Path("it.weights.h5")):
            pass
    drawn = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in drawn.integers(0, len(whole), 20):
            damaged[place] = drawn.integers(256)
        Path("it.weights.h5").write_bytes(damaged[: drawn.integers(9, len(whole))])
        with pytest.raises(KerasDLError):
            read_all(Path("it.weights.h5"))

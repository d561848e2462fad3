"""`kerasdl.check` takes any data, raises nothing, and changes nothing."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from kerasdl.checkpoint import random_state, state
from tests.jobs.checked import LOGITS, X, Y, model, subclassed
from tests.variants import quickest


def test_what_cannot_be_checked_is_an_error():
    def raising():
        yield from ()
        raise OSError("the disk is gone")

    uncompiled = keras.Sequential([keras.Input((8,)), layers.Dense(3)])
    cases = [
        (model(), [], "the data have no examples"),
        (model(), (X[:0], Y[:0]), "the data have no examples"),
        (
            model(),
            raising(),
            "the first batch cannot be read: OSError: the disk is gone",
        ),
        (uncompiled, (X, Y), "the model is not compiled"),
        (model(), (X[:, :5], Y), "the model cannot be called on the first batch"),
        (
            subclassed(),
            (np.array(["a", "b"]), Y[:2]),
            "the model does not take the batch",
        ),
    ]
    for built, data, words in cases:
        first = kerasdl.check(built, data)[0]
        assert first.severity == "error"
        assert words in first.what


def test_a_loss_that_fails():
    def failing(y: Any, outputs: Any) -> Any:
        raise ValueError("no such loss")

    [found] = kerasdl.check(model(failing), (X, Y))
    assert (found.kind, found.severity) == ("step", "error")
    assert "the first step fails: ValueError: no such loss" in found.what


def bits(built: keras.Model) -> dict[str, bytes]:
    arrays = state.capture(built)[0] | random_state.capture()[0]
    return {name: array.tobytes() for name, array in arrays.items()}


@pytest.mark.parametrize("accelerated", [True, *quickest(False)])
def test_the_model_is_left_as_it_was(accelerated: bool):
    def trained() -> keras.Model:
        keras.utils.set_random_seed(0)  # the layer of dropout draws its seed
        hidden = (
            layers.Dense(16, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
        )
        built = model(LOGITS, *hidden)
        built.run_eagerly = False
        if accelerated:
            kerasdl.accelerate(built)
        built.fit(X, Y, epochs=1, batch_size=32, verbose=0, shuffle=False)
        return built

    built = trained()
    before = bits(built)
    kerasdl.check(built, (X, Y))
    assert {n for n, b in bits(built).items() if before[n] != b} == set()
    built.fit(X, Y, epochs=1, batch_size=32, verbose=0, shuffle=False)
    other = trained()
    other.fit(X, Y, epochs=1, batch_size=32, verbose=0, shuffle=False)
    assert [*bits(built).values()] == [*bits(other).values()]


class OwnStep(keras.Model):
    """A model that has two optimizers and returns losses by other names."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.second = layers.Dense(3), keras.optimizers.SGD(0.1)

    def call(self, inputs: Any) -> Any:
        return self.head(inputs)

    def train_step(self, *args: Any) -> Any:
        return {"distance": keras.ops.sum(self.head.kernel)}


@pytest.mark.any_backend
def test_a_step_of_its_own():
    built = OwnStep()
    built.compile("adam", LOGITS)
    found = kerasdl.check(built, (X, Y))
    assert [each.severity for each in found] == ["info"]
    assert "train_step are not checked" in found[0].what


class Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        return X[index * 32 : index * 32 + 32], Y[index * 32 : index * 32 + 32]


@pytest.mark.any_backend
@pytest.mark.parametrize("kind", ["dataset", "list", "generator", "torch"])
def test_data_of_every_kind(kind: str):
    batches = [(X[:32], Y[:32] + 1)]
    data: Any = {"dataset": Batches(), "list": batches, "generator": iter(batches)}.get(
        kind
    )
    if kind == "torch":
        torch = pytest.importorskip("torch")
        rows = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y + 1))
        data = torch.utils.data.DataLoader(rows, 32, shuffle=True)
    found = kerasdl.check(model(), data)
    kinds = [each.kind for each in found if each.kind != "imbalance"]
    assert kinds == ([] if kind == "dataset" else ["targets"])


class Loader:
    """A loader of batches that can be read again, as a PyTorch `DataLoader` can."""

    def __init__(self, x: np.ndarray, y: Any, broken: int | None = None):
        self.x, self.y, self.broken = x, y, broken

    def __iter__(self) -> Any:
        for place in range(0, len(self.x), 32):
            if place == self.broken:
                raise OSError("page 3 is torn")
            part = slice(place, place + 32)
            yield self.x[part], self.y[part]


@pytest.mark.any_backend
def test_what_only_many_batches_of_a_loader_show():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(320, 8)).astype("float32")
    y = (np.arange(320) % 100 == 50).astype(int)
    kinds = {each.kind: each for each in kerasdl.check(model(), Loader(x, y))}
    assert "'1' has 3 (0.94 %)" in kinds["imbalance"].what
    y = rng.integers(0, 3, 320)
    x[:, 5] = y
    found = kerasdl.check(model(), Loader(x, y))
    assert [each.where for each in found if each.kind == "leak"] == ["column 5"]
    assert "leak" not in {e.kind for e in kerasdl.check(model(), iter(Loader(x, y)))}


@pytest.mark.any_backend
def test_a_later_batch_that_cannot_be_read():
    found = kerasdl.check(model(), Loader(X, Y, broken=64))
    assert found[0].severity == "error"
    assert found[0].what == "a later batch cannot be read: OSError: page 3 is torn"


@pytest.mark.any_backend
def test_an_endless_loader_ends():
    class Endless(Batches):
        def __len__(self) -> int:
            return 2**40

        def __getitem__(self, index: int) -> Any:
            return super().__getitem__(index % 3)

    assert kerasdl.check(model(), Endless()) == kerasdl.check(model(), Batches())


@pytest.mark.any_backend
def test_batches_with_too_few_targets_are_an_error():
    batches = [(X[:32], Y[:32]), (X[32:64], Y[32:48])]
    found = kerasdl.check(model(), batches)
    assert found[0].what.endswith("ValueError: it has 32 inputs and 16 targets")


@pytest.mark.any_backend
def test_a_leak_among_few_different_rows():
    x = np.random.default_rng(0).integers(0, 2, (500, 8)).astype("float32")
    for data in ((x, x[:, 1].astype(int)), Loader(x, x[:, 1].astype(int))):
        found = [
            each.where for each in kerasdl.check(model(), data) if each.kind == "leak"
        ]
        assert found == ["column 1"]


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ((X[:32] * np.nan, Y[:32]), "inputs that are not finite"),
        (X[:32], "it has no targets"),
    ],
)
def test_later_batches_that_cannot_be_learned(batch: Any, words: str):
    found = kerasdl.check(model(), [(X[:32], Y[:32]), batch])
    assert found[0].severity == "error"
    assert words in found[0].what

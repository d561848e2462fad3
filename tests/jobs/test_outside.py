"""Parts of an installed package are trained, resumed, scored and listed as ours."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from kerasdl import registry
from kerasdl.errors import UnsafeError
from kerasdl.model_file import inspect
from tests.jobs.helpers import verb

TOYKIT = Path(__file__).parents[1] / "toykit"
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def toykit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the package, for a test."""
    monkeypatch.syspath_prepend(str(TOYKIT))
    registry._installed.cache_clear()
    yield
    registry._installed.cache_clear()


@pytest.fixture
def data() -> str:
    x = RNG.normal(size=(90, 3))
    np.savetxt("mine.lines", np.c_[x, x @ [1, -2, 0.5]], delimiter=";")
    return "mine.lines"


FLAGS = (
    "model.name=linear", "data.task=median", "data.delimiter=;",
    "training.batch_size=16", "training.epochs=3",
)  # fmt: skip


def test_a_kind_a_task_and_a_family(data: str):
    settings = [part for flag in FLAGS for part in ("--set", flag)]
    Path("toy.toml").write_text('[about]\nsummary = "a toy"\n')
    train = ["train", "--preset", "toy.toml", "--data", data, *settings]
    code, said = verb(*train, "--run-dir", "run")
    assert code == 0, said
    run = Path("run")
    assert 'kind = "lines"' in (run / "config.toml").read_text()
    result = json.loads((run / "result.json").read_text())
    assert set(result["baseline"]) == {"mean", "ridge_regression"}
    assert "baseline mean mean_absolute_error" in said.replace(
        "mean absolute", "mean_absolute"
    )
    code, said = verb("resume", "run", "--epochs", "5")
    assert code == 0, said
    result = json.loads((run / "result.json").read_text())
    code, said = verb("evaluate", "run", "--json")
    assert code == 0, said
    scores = json.loads(said.splitlines()[-1])
    assert scores["loss"] == pytest.approx(result["test"]["loss"], rel=1e-6)
    code, said = verb("evaluate", "run", "--data", data, "--json")
    assert json.loads(said.splitlines()[-1])["examples"] == 90


@pytest.mark.any_backend
def test_keys_lists_them():
    _, said = verb("keys")
    for words in ('kind = "lines"', 'delimiter = ","', 'name = "linear"', "'median'"):
        assert words in said
    code, said = verb("train", "--preset", "mlp", "--set", "data.delimiter=;")
    assert code == 2
    assert "data.kind is 'arrays', and delimiter a key of 'lines'" in said


@pytest.mark.any_backend
def test_a_layer_is_allowed_while_its_package_is_installed(
    data: str, monkeypatch: pytest.MonkeyPatch
):
    settings = [part for flag in FLAGS for part in ("--set", flag)]
    verb("train", "--preset", "mlp", "--data", data, *settings, "--run-dir", "run",
         "--set", "loss.label_smoothing=0", "--set", "training.monitor=val_loss")  # fmt: skip
    model = Path("run", "model.keras")
    inspect(model)
    with monkeypatch.context() as patch:
        patch.setattr(registry, "_installed", lambda _: {})
        with pytest.raises(UnsafeError, match=r"names toykit\.scale\.Scale"):
            inspect(model)


@pytest.mark.any_backend
def test_they_can_be_registered_in_python(data: str, monkeypatch: pytest.MonkeyPatch):
    from toykit.linear import Linear

    @dataclass(frozen=True)
    class Wide(Linear):
        """Twice as wide."""

        name: Literal["wide"] = "wide"
        """The family."""

        def build(self, *args: Any, **kwargs: Any) -> Any:
            return super().build(*args, **kwargs)

    for name, choices in registry.REGISTRIES.items():
        monkeypatch.setitem(registry.REGISTRIES, name, dict(choices))
    registry.register("families", "wide", Wide)
    with pytest.raises(ValueError, match="families already has a choice 'mlp'"):
        registry.register("families", "mlp", Wide)
    settings = [part for flag in FLAGS for part in ("--set", flag)]
    wide = ["--set", "model.name=wide", "--set", "loss.label_smoothing=0"]
    code, said = verb("train", "--preset", "mlp", "--data", data, *settings, *wide)
    assert code == 0, said


@pytest.mark.any_backend
def test_a_layer_is_a_layer():
    class Scaled:
        pass

    with pytest.raises(TypeError, match=r"must inherit from keras\.layers\.Layer"):
        registry.register("layers", "Scaled", Scaled)


@pytest.mark.any_backend
def test_what_is_not_whole_cannot_be_defined():
    from kerasdl.models.family import Family
    from kerasdl.tasks.regression import Regression
    from kerasdl.tasks.task import Task

    with pytest.raises(TypeError, match="must set `takes_data_of`"):

        class Nameless(Task):  # pyright: ignore
            name = "nameless"

    with pytest.raises(TypeError, match="abstract"):
        type("Unbuilt", (Family,), {"name": "unbuilt"})()  # pyright: ignore
    assert Regression().direction("val_r2_score") == "max"

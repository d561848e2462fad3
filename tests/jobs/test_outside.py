"""Third-party parts are trained, resumed, scored and listed as ours."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kerasdl import registry
from kerasdl.errors import UnsafeError
from kerasdl.model_file import inspect
from tests.jobs.helpers import verb

pytestmark = pytest.mark.usefixtures("toykit")


@pytest.fixture
def registered(toykit: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register the parts of the package in Python instead."""
    from toykit.counts import Counts
    from toykit.linear import Linear
    from toykit.readings import Readings
    from toykit.scale import Scale

    with monkeypatch.context() as patch:
        patch.setattr(registry, "_installed", lambda _: {})
        for name, choices in registry.REGISTRIES.items():
            patch.setitem(registry.REGISTRIES, name, dict(choices))
        registry.register("kinds", "readings", Readings)
        registry.register("tasks", "counts", Counts)
        registry.register("families", "linear", Linear)
        registry.register("layers", "Scale", Scale)
        yield


@pytest.fixture
def lines() -> str:
    x = np.random.default_rng(0).normal(size=(90, 3))
    np.savetxt("mine.lines", np.c_[x, x @ [1, -2, 0.5]], delimiter=";")
    return "mine.lines"


@pytest.fixture
def readings() -> str:
    """Write two counts per row: targets of two axes."""
    drawn = np.random.default_rng(0)
    x = drawn.uniform(0.1, 2, size=(90, 3))
    counts = drawn.poisson(np.exp(x @ [[1, 0], [-0.5, 0.5], [0, 1]]))
    np.savetxt("mine.readings", np.c_[x, counts])
    return "mine.readings"


TOY = "model.name=linear", "training.batch_size=16", "schedule.name=constant"
LINES = (*TOY, "data.task=median", "data.delimiter=;")
READINGS = (
    *TOY, "data.task=counts", "data.outputs=2", "data.noise=0.5",
    "optimizer.learning_rate=0.05",
)  # fmt: skip


def flags(*settings: str) -> list[str]:
    return [part for setting in settings for part in ("--set", setting)]


def trained(data: str, settings: tuple[str, ...], path: str, epochs: int) -> dict:
    """Train in a new run; return its result."""
    Path("toy.toml").write_text('[about]\nsummary = "a toy"\n')
    train = ["train", "--preset", "toy.toml", "--data", data, "--run-dir", path]
    code, said = verb(*train, "--epochs", str(epochs), *flags(*settings), whole=True)
    assert code == 0, said
    assert "baseline mean " in said
    return result_of(path)


def result_of(path: str) -> dict:
    return json.loads(Path(path, "result.json").read_text())


def losses(path: str) -> list[float]:
    """Return the training loss of each epoch."""
    lines = Path(path, "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def evaluated(*arguments: str) -> dict:
    code, said = verb("evaluate", *arguments, "--json")
    assert code == 0, said
    return json.loads(said.splitlines()[-1])


def resumed(path: str, epochs: int) -> dict:
    code, said = verb("resume", path, "--epochs", str(epochs), whole=True)
    assert code == 0, said
    return result_of(path)


def assert_life_of_a_run(data: str) -> None:
    """Counts of readings: train, resume to the same bits, evaluate twice."""
    first = trained(data, READINGS, "run", 3)
    assert 'kind = "readings"' in Path("run", "config.toml").read_text()
    assert set(first["baseline"]) == {"mean"}
    result, whole = resumed("run", 6), trained(data, READINGS, "whole", 6)
    assert losses("run") == losses("whole")
    assert result["test"] == whole["test"]
    assert result["test"]["poisson"] < result["baseline"]["mean"]["poisson"]
    scores = evaluated("run")
    assert scores["examples"] == 18
    assert scores["poisson"] == pytest.approx(result["test"]["poisson"], rel=1e-6)
    assert scores["loss"] == pytest.approx(scores["poisson"], rel=1e-6)
    scores = evaluated("run", "--data", data)
    assert scores["examples"] == 90
    assert scores["poisson"] < result["baseline"]["mean"]["poisson"]


@pytest.mark.variant
def test_a_kind_a_task_and_a_family(readings: str):
    assert_life_of_a_run(readings)


@pytest.mark.any_backend
@pytest.mark.usefixtures("registered")
def test_they_can_be_registered_in_python(readings: str):
    from toykit.linear import Linear

    with pytest.raises(ValueError, match="families already has a choice 'linear'"):
        registry.register("families", "linear", Linear)
    assert_life_of_a_run(readings)
    trained(readings, (*READINGS, "data.noise=0"), "silent", 1)
    assert losses("silent")[0] != losses("whole")[0]
    _, said = verb("keys")
    for words in ('kind = "readings"', "noise_seed = 0", 'name = "linear"', "'counts'"):
        assert words in said
    assert "'median'" not in said


@pytest.mark.any_backend
def test_each_epoch_takes_its_own_examples(
    readings: str, monkeypatch: pytest.MonkeyPatch
):
    from toykit.noise import NoisyExamples

    take, seen = NoisyExamples.take, set()

    def taken(self: NoisyExamples, rows: np.ndarray, epoch: int = 0) -> tuple:
        if self.noise:
            seen.add(epoch)
        return take(self, rows, epoch)

    monkeypatch.setattr(NoisyExamples, "take", taken)
    trained(readings, READINGS, "run", 2)
    assert seen == {0, 1}
    seen.clear()
    resumed("run", 4)
    assert seen - {0} == {2, 3}  # Keras also reads a batch before the first epoch


@pytest.mark.any_backend
def test_parts_that_inherit_from_ours(lines: str):
    result = trained(lines, LINES, "run", 3)
    assert 'kind = "lines"' in Path("run", "config.toml").read_text()
    assert set(result["baseline"]) == {"mean", "ridge_regression", "boosted_trees"}
    assert "margin" in result["baseline"]["mean"]
    assert "mean_absolute_error" in result["baseline"]["mean"]
    result, scores = resumed("run", 5), evaluated("run")
    assert scores["loss"] == pytest.approx(result["test"]["loss"], rel=1e-6)
    assert evaluated("run", "--data", lines)["examples"] == 90


@pytest.mark.variant
def test_keys_lists_them():
    _, said = verb("keys")
    for words in (
        'kind = "lines"', 'delimiter = ","', 'kind = "readings"', "noise_seed = 0",
        'name = "linear"', "'median'", "'counts'",
    ):  # fmt: skip
        assert words in said
    code, said = verb("train", "--preset", "mlp", "--set", "data.delimiter=;")
    assert code == 2
    kinds = "'table', 'text', 'images', 'series', 'lines'"
    assert f"data.kind is 'arrays', and delimiter a key of {kinds}" in said


@pytest.mark.any_backend
def test_other_data_is_refused(readings: str, lines: str):
    Path("toy.toml").write_text('[about]\nsummary = "a toy"\n')
    train = ["train", "--preset", "toy.toml", *flags("model.name=linear")]
    code, said = verb(*train, "--data", readings, "--set", "data.task=median")
    assert code != 0
    assert "mine.readings is for counts, data.task is 'median'" in said
    code, said = verb(*train, "--data", lines, "--set", "data.task=counts")
    assert code != 0
    assert "data.task is 'counts'" in said
    Path(readings).write_text("1 2 3\n1 2\n")
    code, said = verb(*train, "--data", readings, "--set", "data.task=counts")
    assert code != 0
    assert "give rows of numbers" in said


@pytest.mark.any_backend
def test_a_layer_is_allowed_while_its_package_is_installed(
    lines: str, monkeypatch: pytest.MonkeyPatch
):
    trained(lines, LINES, "run", 1)
    model = Path("run", "model.keras")
    inspect(model)
    with monkeypatch.context() as patch:
        patch.setattr(registry, "_installed", lambda _: {})
        with pytest.raises(UnsafeError, match=r"names toykit\.scale\.Scale"):
            inspect(model)


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

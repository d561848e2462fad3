"""Training begins with the weights of a run, or with published ones."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import safetensors.numpy
from sklearn.datasets import load_digits

from kerasdl.errors import ConfigError
from kerasdl.jobs.build_session import build_session
from kerasdl.model_file.loading import load
from tests.jobs.helpers import config, trained, verb

SMALL = ("model.hidden_units=[16]", "training.epochs=1", "data.split_seed=0")


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path := tmp_path_factory.mktemp("taught"))
        trained("mlp", *SMALL)
    [run] = path.glob("runs/*")
    return run


def weights(path: Path) -> dict[str, np.ndarray]:
    model, _ = load(path / "model.keras")
    return {each.path: np.array(each.numpy()) for each in model.weights}


def begun(*settings: str) -> dict[str, np.ndarray]:
    session = build_session(config("mlp", *SMALL, *settings))
    return {each.path: np.array(each.numpy()) for each in session.model.weights}


def assert_equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], name)


def test_those_of_a_run_or_a_file(taught: Path, tmp_path: Path):
    expected = weights(taught)
    assert_equal(begun(f"transfer.weights={taught}", "training.seed=7"), expected)
    file = tmp_path / "w.safetensors"
    safetensors.numpy.save_file(expected, file)
    assert_equal(begun(f"transfer.weights={file}"), expected)
    np.savez(tmp_path / "w.npz", **expected)  # pyright: ignore[reportArgumentType]
    assert_equal(begun(f"transfer.weights={tmp_path / 'w.npz'}"), expected)


@pytest.mark.any_backend
def test_another_last_layer_is_made_anew(taught: Path):
    settings = ("data.name=wine", "model.hidden_units=[16]")
    shutil.copytree(taught, "run")
    code, said = verb(
        "train", "--preset", "mlp-tabular", "--init-from", "run",
        *(f"--set={each}" for each in settings),
    )  # fmt: skip
    assert code == 4, said
    assert "the weights of run do not fit model 'mlp': " in said
    digits = load_digits()
    kept = digits.target < 3
    np.savez("mine.npz", x=digits.images[kept] / 16, y=digits.target[kept])
    given = (f"transfer.weights={taught}", "data.name=mine.npz")
    fewer = build_session(config("mlp", *SMALL, *given))
    assert fewer.begun is not None
    assert "new: head" in fewer.begun.what
    after = {each.path: np.array(each.numpy()) for each in fewer.model.weights}
    before = weights(taught)
    same = {name for name in after if np.array_equal(after[name], before.get(name))}
    assert {name.partition("/")[0] for name in after.keys() - same} == {"head"}


@pytest.mark.variant
def test_the_run_has_where_they_are_from_and_resumes_without(taught: Path):
    shutil.copytree(taught, "first")
    flags = (*SMALL, "transfer.weights=first", "training.epochs=2")
    run, whole = trained("mlp", *flags)
    assert run.read_config().transfer.weights == str(Path("first").resolve())
    [told] = [e for e in run.read_events() if e["kind"] == "initial-weights"]
    assert "begins with " in told["message"]
    shutil.rmtree("first")
    (run.path / "result.json").unlink()
    (run.path / "MANIFEST.json").unlink()
    code, said = verb("resume", str(run.path))
    assert code == 0, said
    assert (run.read_result() or {})["test"] == whole["test"]


@pytest.mark.any_backend
@pytest.mark.parametrize("others", ["ab", "bc"])
def test_other_classes_get_a_last_layer_of_their_own(others: str):
    settings = ("model.hidden_units=[8]", "data.target=y", "training.epochs=1")
    for name, classes in (("first", "ab"), ("second", others)):
        rows = [f"{n},{n % 7},{classes[n % 2]}" for n in range(80)]
        Path(f"{name}.csv").write_text("\n".join(["u,v,y", *rows]))
    run, _ = trained("mlp-tabular", *settings, "data.name=first.csv")
    given = (*settings, "data.name=second.csv", f"transfer.weights={run.path}")
    session = build_session(config("mlp-tabular", *given))
    assert session.begun is not None
    assert session.begun.what.endswith("new: head") is (others == "bc")


@pytest.mark.any_backend
def test_a_doctor_without_the_file_says_so(taught: Path):
    shutil.copytree(taught, "first")
    run, _ = trained("mlp", *SMALL, "transfer.weights=first")
    shutil.rmtree("first")
    code, said = verb("doctor", str(run.path), "--minutes", "0.1")
    assert code == 0, said


@pytest.mark.any_backend
@pytest.mark.parametrize("command", ["train", "check", "lr-find"])
def test_what_is_missing_is_told_before_anything_is_written(command: str):
    code, said = verb(command, "--preset", "mlp", "--init-from", "nowhere.pth")
    assert code == 2
    assert "transfer.weights (='nowhere.pth') does not exist — " in said
    assert not Path("runs").exists()


@pytest.mark.any_backend
def test_a_library_that_has_no_such_model():
    torch = pytest.importorskip("torch")
    from tests.models.torchvision_mobilenets import MobileNet

    state = MobileNet("v2", 10, [0] * 17).state_dict()
    state["features.0.0.weight"] = state["features.0.0.weight"][:, :1].clone()
    torch.save(state, "v2.pth")
    keys = ("model.name=mobilenet", "model.variant=v2", "transfer.weights=v2.pth")
    wrong = r"v2\.pth is of torchvision.* with padding and epsilon \('same', 0\.001\)"
    with pytest.raises(ConfigError, match=wrong):
        build_session(config("cnn", *keys))
    session = build_session(config("cnn", *keys, "model.padding=symmetric"))
    [kernel] = [w for w in session.model.weights if w.path == "stem_conv/kernel"]
    expected = state["features.0.0.weight"].numpy().transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(kernel), expected)

"""What `kerasdl evaluate` studies besides scores, from a run to its report."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from kerasdl import load, manifest
from kerasdl.figures import Table
from kerasdl.report.kept import read_figures
from kerasdl.rundir import RunDir
from tests.jobs.helpers import trained, verb, verb_apart

pytestmark = pytest.mark.any_backend


def write(path: Path) -> pd.DataFrame:
    """Write tumours with a column that the model does not see."""
    given = load_breast_cancer(as_frame=True)
    frame = given.data.iloc[:, :4].copy()
    site = np.where(np.arange(len(frame)) % 5 < 2, "north", "south").astype(object)
    site[:: len(frame) // 8] = "island"
    frame["site"] = site
    frame["kind"] = np.where(given.target == 1, "benign", "malignant")
    frame.to_csv(path, index=False)
    return frame


@pytest.fixture(scope="module")
def tumours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """A run of six epochs, with a report that explains nothing."""
    folder = tmp_path_factory.mktemp("tumours")
    frame = write(folder / "tumours.csv")
    settings = ("data.ignore=['site']", "model.hidden_units=[8]")
    given = [part for each in settings for part in ("--set", each)]
    data = ("--data", str(folder / "tumours.csv"), "--target", "kind")
    size = ("--epochs", "6", "--lr", "0.02", "--batch-size", "64")
    place = ("--run-dir", str(folder / "run"))
    code, said = verb("train", "--preset", "mlp-tabular", *data, *size, *place, *given)
    assert code == 0, said
    assert verb("report", str(folder / "run"))[0] == 0
    return folder / "run", frame


@pytest.fixture
def run(tumours: tuple[Path, pd.DataFrame], tmp_path: Path) -> RunDir:
    return RunDir(shutil.copytree(tumours[0], tmp_path / "copied"))


def test_groups_of_a_column_that_the_model_does_not_see(run: RunDir, tumours):
    code, out, said = verb_apart("evaluate", str(run.path), "--group", "site", "--json")
    assert code == 0, said
    result = json.loads(out)
    assert result["kept"] == "written"
    groups = result["groups"]["groups"]
    assert sum(each["examples"] for each in groups.values()) == result["examples"]
    assert groups["island"]["scores"] == {}
    rates = {each["name"]: each for each in groups["north"]["rates"]}
    assert rates["accuracy"]["value"] == pytest.approx(
        groups["north"]["scores"]["accuracy"]
    )
    assert {gap["name"] for gap in result["groups"]["gaps"]} == {
        "accuracy difference",
        "demographic parity difference",
        "equalised odds difference",
        "predictive parity difference",
    }
    assert [each.title for each in read_figures(run, "groups")] == [
        "Gaps by site", "Groups by site", "Groups of malignant by site",
        "Scores by site",
    ]  # fmt: skip
    assert "Gaps by site" in run.report.read_text()
    assert "too few" in run.report.read_text()
    assert manifest.edited(run.path) == []


def test_groups_of_other_data_leave_the_run_as_it_is(run: RunDir, tumours):
    before = manifest.read(run.path)
    tumours[1][:200].to_csv("new.csv", index=False)
    result = load(run.path).evaluate("new.csv", group="site")
    counts = tumours[1].site[:200].value_counts()
    found = {n: each["examples"] for n, each in result["groups"]["groups"].items()}
    assert found == counts.to_dict()
    assert "kept" not in result
    assert manifest.read(run.path) == before


def test_groups_that_are_none(run: RunDir, run_of_five_epochs):
    path = str(run.path)
    code, said = verb("evaluate", path, "--group", "sites")
    assert (code, "has no column 'sites' to group by — it has mean radius" in said) == (
        3,
        True,
    )
    code, said = verb("evaluate", path, "--group", "site", "--cost")
    assert (code, "--cost needs no --group" in said) == (2, True)
    code, said = verb("evaluate", str(run_of_five_epochs[0].path), "--group", "x")
    assert (code, "has no column 'x'" in said) == (3, True)


def test_an_edited_run_keeps_no_figures(run: RunDir):
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write("\n")
    given = ("--group", "site", "--trust-edits")
    code, said = verb("evaluate", str(run.path), *given)
    assert code == 0
    assert "not written, since metrics.jsonl changed" in said
    assert not (run.path / "evaluation" / "groups.json").exists()
    assert "Gaps by site" in said


def test_robustness_of_a_table(run: RunDir):
    code, out, said = verb_apart(
        "evaluate", str(run.path), "--robustness", "--radius", "0.5", "--json"
    )
    assert code == 0, said
    result = json.loads(out)
    found = result["robustness"]
    assert found["clean"]["accuracy"] == result["accuracy"]
    assert (found["radius"], found["examples"]) == (0.5, result["examples"])
    trials = {(each["name"], each["severity"]): each for each in found["trials"]}
    assert len(trials) == 4 * 3 + 2
    weak, strong = trials["FGSM", "radius 0.5"], trials["PGD, 10 steps", "radius 0.5"]
    assert strong["drop"]["low"] > 0
    assert strong["scores"]["log_loss"] >= 0.99 * weak["scores"]["log_loss"]
    for trial in trials.values():
        drop = trial["drop"]
        estimate = result["accuracy"] - trial["scores"]["accuracy"]
        assert drop["estimate"] == pytest.approx(estimate)
        assert drop["low"] <= drop["estimate"] <= drop["high"]
    again = load(run.path).evaluate(robustness=True, radius=0.5)["robustness"]
    assert again == found
    assert manifest.edited(run.path) == []
    assert "Accuracy of damaged inputs" in run.report.read_text()
    assert f"radius {0.5}" in run.report.read_text()


def test_robustness_of_images(copied_run: RunDir):
    """The digits range over [0, 16], standardised by one scale."""
    found = load(copied_run.path).evaluate(robustness=True)["robustness"]
    names = [each["name"] for each in found["trials"]]
    of_images = ["Gaussian noise", "Gaussian blur", "brightness", "contrast"]
    attacks = ["FGSM", "PGD, 10 steps"]
    assert names == [name for name in of_images for _ in range(3)] + attacks
    scale = copied_run.read_preprocessing()["preprocessing"]["scale"]
    assert found["radius"] == pytest.approx(8 / 255 * 16 / np.ravel(scale)[0], rel=1e-5)
    drops = {(t["name"], t["severity"]): t["drop"]["estimate"] for t in found["trials"]}
    assert drops["contrast", "× 0.15"] > drops["contrast", "× 0.75"]
    assert drops["Gaussian blur", "1.0 pixels"] > 0.05


def test_what_has_no_robustness(run: RunDir):
    path = str(run.path)
    code, said = verb("evaluate", path, "--radius", "1")
    assert (code, "--radius has no meaning alone — add --robustness" in said) == (
        2,
        True,
    )
    code, said = verb("evaluate", path, "--robustness", "--radius", "nan")
    assert (code, "--radius is nan — give a number above 0" in said) == (2, True)


def test_explanations_of_a_run_that_has_none(run: RunDir):
    assert not (run.path / "evaluation" / "explanations.json").exists()
    code, out, said = verb_apart("evaluate", str(run.path), "--explain", "--json")
    assert code == 0, said
    found = json.loads(out)["explanations"]
    [figure] = read_figures(run, "explanations")
    assert [*found] == figure.names
    assert found[figure.names[0]]["importance"] == max(figure.values) > 0
    assert manifest.edited(run.path) == []
    assert "Importance of the features" in run.report.read_text()
    code, said = verb("evaluate", str(run.path), "--explain")
    assert (code, "fall of accuracy" in said) == (0, True)
    code, said = verb("evaluate", str(run.path), "--explain", "--data", "new.csv")
    assert (code, "--explain looks at the test split of the run" in said) == (2, True)


def test_those_of_images_are_in_the_report(copied_run: RunDir):
    before = (copied_run.path / "evaluation" / "explanations.json").read_bytes()
    (copied_run.path / "evaluation" / "explanations.json").unlink()
    manifest.write_run(copied_run.path)
    code, said = verb("evaluate", str(copied_run.path), "--explain")
    assert (code, "What speaks for a prediction: see the report" in said) == (0, True)
    path = copied_run.path / "evaluation" / "explanations.json"
    assert path.read_bytes() == before


@pytest.mark.any_backend
def test_what_is_not_explained_says_why():
    run, _ = trained("autoencoder", "training.epochs=1", "model.hidden_units=[8]")
    found = load(run.path).evaluate(explain=True)
    assert found["explanations"].startswith("none: data or a model of this kind")
    assert "kept" not in found
    run, _ = trained("mlp-tabular", "training.epochs=1", "model.hidden_units=[8]")
    found = load(run.path).evaluate(explain=True)
    assert found["kept"] == f"written; to see it: kerasdl report {run.path}"
    assert len(found["explanations"]) == 30


@pytest.mark.any_backend
def test_a_column_of_the_file_does_not_replace_the_prediction():
    frame = pd.DataFrame(
        {"x": np.arange(90.0), "prediction": -7.0, "y": np.arange(90.0)}
    )
    frame.to_csv("t.csv", index=False)
    given = ("--preset", "mlp-tabular", "--data", "t.csv", "--target", "y")
    size = ("--epochs", "1", "--set", "model.hidden_units=[4]", "--run-dir", "own")
    code, said = verb("train", *given, *size)
    assert code == 0, said
    [table] = [
        figure
        for figure in read_figures(RunDir(Path("own")), "test")
        if figure.title == "The largest mistakes"
    ]
    assert isinstance(table, Table)
    assert {"prediction", "prediction (data)"} < {*table.columns}
    own = table.columns.index("prediction")
    assert all(row[own] != -7.0 for row in table.rows)

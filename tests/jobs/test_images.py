"""Runs on a folder of images, from the files to the predictions."""

import csv
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.errors import DataError
from kerasdl.jobs import assemble
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir
from tests.data.images.test_kind import write_digits
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

SMALL = ("data.name=pictures", "data.size=16", "model.filters=[8,16]")
STEPS = ("training.steps_per_execution=1", "checkpoint.every_steps=1")
AUGMENTED = ("data.augment=standard", "data.zoom=0.1", "data.erasing=0.3")


@pytest.fixture(autouse=True)
def pictures() -> None:
    write_digits(Path("pictures"))


@pytest.mark.variant
def test_killed_mid_epoch_and_resumed_augmented_images_are_the_same():
    chosen = config("cnn", *SMALL, *STEPS, *AUGMENTED, "training.epochs=2")
    whole, killed = Path("whole"), Path("killed")
    train_lean(chosen, whole)
    with pytest.raises(KilledError):
        train(
            chosen,
            SELECTION,
            stem="",
            path=killed,
            report=False,
            reporter=With(Kill(4)),
        )
    Path("pictures").rename("elsewhere")
    assert verb("resume", "killed")[0] == 3
    code, said = verb("resume", "killed", "--data", "elsewhere")
    assert code == 0, said
    check_same_run(whole, killed)


@pytest.mark.variant
def test_an_image_that_can_no_longer_be_read_is_named():
    """Crops are decoded anew in each epoch; TensorFlow does so within a graph."""

    class Emptied(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            for path in Path("pictures").rglob("*.png"):
                path.write_bytes(b"")

    chosen = config("cnn", *SMALL, "data.crop=0.9", "training.epochs=3")
    with pytest.raises(
        DataError, match=r"images of pictures cannot be decoded: 0/0\.png"
    ):
        train_lean(chosen, "run", With(Emptied()))


@pytest.mark.variant
def test_predictions_give_the_scores():
    code, said = verb(
        "train", "--data", "pictures", "--epochs", "1", *flags(), "--json"
    )
    assert code == 0, said
    run = RunDir(Path("run"))
    result = run.read_result()
    assert result is not None
    code, said = verb("evaluate", "run", "--data", "pictures")
    assert code == 0, said
    assert verb("predict", "run", "--data", "pictures", "--output", "p.csv")[0] == 0
    with Path("p.csv").open() as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 120
    right = [row["prediction"] == row["image"].split("/")[0] for row in rows]
    assert f"{np.mean(right):.4f}" in said
    chosen = run.read_config()
    assert chosen.data.kind == "images"
    assert Path(chosen.data.name).is_absolute()
    assert resume(run.path, SELECTION, epochs=2)["status"] == "completed"


def flags() -> list[str]:
    return [
        "--run-dir",
        "run",
        *(part for text in SMALL[1:] for part in ("--set", text)),
    ]


@pytest.mark.variant
def test_an_autoencoder_needs_no_classes():
    for path in Path("pictures").glob("*/*"):
        path.rename(Path("pictures", path.name))
    texts = "data.name=pictures", "data.size=16", "model.filters=[4,8]"
    chosen = config("conv-autoencoder", *texts, "training.epochs=1")
    train_lean(chosen, "run")
    code, said = verb("predict", "run", "--data", "pictures", "--output", "p.npz")
    assert code == 0, said


@pytest.mark.variant
def test_a_table_names_images_and_their_labels():
    rows = ["file,even,small"]
    for path in sorted(Path("pictures").glob("*/*")):
        digit = int(path.parent.name)
        rows.append(f"{path},{digit % 2 == 0},{int(digit < 5)}")
    Path("table.csv").write_text("\n".join(rows))
    given = ("--data", "table.csv", "--set", "data.path=file", "--epochs", "1")
    targets = ("--target", "even", "--target", "small")
    code, said = verb("train", *given, *targets, *flags())
    assert code == 0, said
    assert "task multi-label" in said
    code, said = verb("evaluate", "run")
    assert code == 0, said
    Path("new.csv").write_text("\n".join(row.split(",")[0] for row in rows))
    assert verb("predict", "run", "--data", "new.csv", "--output", "p.csv")[0] == 0
    with Path("p.csv").open() as file:
        first = next(csv.DictReader(file))
    assert {"file", "prediction even", "prediction small"} <= {*first}, first
    assert resume(Path("run"), SELECTION, epochs=2)["status"] == "completed"


@pytest.mark.any_backend
def test_changed_images_are_not_the_data_of_a_run():
    chosen = config("cnn", *SMALL, "training.epochs=1")
    train_lean(chosen, "run")
    shutil.copy("pictures/0/0.png", "pictures/1/new.png")
    code, said = verb("evaluate", "run")
    assert code == 3
    assert "has changed since run was trained" in said


@pytest.mark.any_backend
def test_folders_that_name_the_parts_and_copies_in_them():
    for path in sorted(Path("pictures").glob("*/*")):
        part = ("train", "train", "train", "val", "test")[int(path.stem) % 5]
        place = Path("split", part, path.parent.name)
        place.mkdir(parents=True, exist_ok=True)
        path.rename(place / path.name)
    original = next(iter(sorted(Path("split/train/3").iterdir())))
    shutil.copy(original, f"split/test/3/again{original.suffix}")
    shutil.copy(original, f"split/test/4/again{original.suffix}")
    Path("split/train/notes.txt").touch()
    texts = "data.name=split", *SMALL[1:]
    found = assemble.dataset(config("cnn", *texts)).findings
    said = "\n".join(str(finding) for finding in found)
    assert "split as the folders say" in said
    assert "1 entry of split left out: train/notes.txt" in said
    assert "2 of 26 test images copy training images, 1 with the same class" in said


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("damaged", 3, "1 image of damaged cannot be decoded: 1/a.png: "),
        ("outside", 7, "1/a.png is a link that leads out of outside"),
        ("empty", 3, "empty holds no image"),
        ("picture", 3, "unknown data set 'picture'"),
        ("gone/deep", 3, "unknown data set 'gone/deep'"),
    ],
)
def test_faults_end_in_one_line(name: str, code: int, words: str):
    if name in ("damaged", "outside"):
        Path("pictures").rename(name)
    if name == "damaged":
        Path("damaged/1/a.png").write_bytes(b"\x89PNG\r\n")
    if name == "outside":
        Path("secret.png").touch()
        Path("outside/1/a.png").symlink_to("../../secret.png")
    Path("empty").mkdir()
    for preset in (["--preset", "cnn"], []):
        ended, said = verb("train", *preset, "--data", name, *flags())
        *notes, line = said.splitlines()
        assert ended == code, said
        assert all(note.startswith("preset cnn, ") for note in notes)
        assert words in line

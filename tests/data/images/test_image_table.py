"""A table of paths and targets as the data of a run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasdl import config
from kerasdl.data.images.image_files import ImageFiles
from kerasdl.errors import DataError, InvalidConfigError, KerasDLError, UnsafeError
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.own_data import decide
from tests.data.images.test_kind import write_digits

COUNT = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table")
    write_digits(path / "pictures", COUNT)
    return path


@pytest.fixture
def table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Write `table.csv`, and return it."""
    monkeypatch.chdir(folder)
    paths = sorted(Path("pictures").glob("*/*"))
    digit = [int(path.parent.name) for path in paths]
    frame = pd.DataFrame({"file": map(str, paths), "digit": digit})
    frame["name"] = [["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][d]
                     for d in digit]  # fmt: skip
    frame["even"], frame["small"] = frame.digit % 2 == 0, (frame.digit < 5).astype(int)
    frame["weight"] = frame.digit + np.arange(COUNT) / 7
    frame.to_csv("table.csv", index=False)
    return frame


def chosen(*settings: str, name: str = "table.csv") -> config.Config:
    given = [f"data.name={name}", "data.path=file", "data.size=16", *settings]
    decided = decide(None, None, given)
    return config.load(decided.preset, None, given, decided.inferred)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("name", "said"),
    [("table.csv", "for a table of images"), ("pictures", "for a folder of images")],
)
def test_what_the_preset_is_the_default_of(name: str, said: str):
    given = ["data.path=file", "data.target=name"] if name == "table.csv" else []
    notes = decide(None, None, [f"data.name={name}", *given]).notes
    assert notes[0] == f"preset cnn, the default {said}"


@pytest.mark.parametrize(
    ("target", "task", "outputs"),
    [
        ("name", "classification", 10),
        ("digit", "classification", 10),
        ("weight", "regression", 1),
        ('["even","small"]', "multi-label", 2),
        ('["weight","digit"]', "regression", 2),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_targets_decide_the_task(
    table: pd.DataFrame, target: str, task: str, outputs: int, suffix: str
):
    if suffix == "tsv":
        table.to_csv("table.tsv", sep="\t", index=False)
    if suffix == "parquet":
        table.to_parquet("table.parquet")
    settings = chosen(f"data.target={target}", name=f"table.{suffix}")
    assert (settings.data.kind, settings.data.task) == ("images", task)
    dataset = prepare(settings.data.read(), settings)
    assert dataset.targets.num_outputs == outputs
    x, y = dataset.train.arrays()
    assert x.shape[1:] == (16, 16, 1)
    assert len(x) == len(y)
    if task == "multi-label":
        numbers = [int(Path(dataset.train.part.raw.names[row]).parent.name)
                   for row in dataset.train.part.rows]  # fmt: skip
        expected = [[number % 2 == 0, number < 5] for number in numbers]
        np.testing.assert_array_equal(y, expected)


def test_it_holds_what_a_folder_holds(table: pd.DataFrame):
    of_folder = config.load("cnn", settings=["data.name=pictures", "data.size=16"])
    one = prepare(of_folder.data.read(), of_folder)
    settings = chosen("data.target=digit", "data.num_classes=10")
    raw = settings.data.read()
    two = prepare(raw, settings, None)
    for part in ("train", "validation", "test"):
        for a, b in zip(
            getattr(one, part).arrays(), getattr(two, part).arrays(), strict=True
        ):
            np.testing.assert_array_equal(a, b)
    assert one.sha256 != two.sha256


def test_a_column_decides_the_split(table: pd.DataFrame):
    table["part"] = [
        ("train", "train", "validation", "test")[n % 4] for n in range(COUNT)
    ]
    table.to_csv("parts.csv", index=False)
    settings = chosen("data.target=even", "data.split=part", name="parts.csv")
    dataset = prepare(settings.data.read(), settings)
    np.testing.assert_array_equal(dataset.test.part.rows, np.arange(3, COUNT, 4))
    assert "part" in dataset.split


def test_new_data_need_no_target(table: pd.DataFrame):
    settings = chosen("data.target=even")
    table[["file"]].to_csv("new.csv", index=False)
    kind = settings.data.with_name("new.csv")
    raw = kind.read_inputs()
    assert isinstance(raw, ImageFiles)
    described = kind.describe(kind.new(raw))
    assert [*described] == ["file"]
    assert described["file"].tolist() == table.file.tolist()
    folder = settings.data.with_name("pictures").read_inputs()
    assert len(folder.names) == COUNT


@pytest.mark.parametrize(
    ("paths", "fault", "words"),
    [
        (["../secret.png"], UnsafeError, r"lead out .*: \.\./secret\.png at line 2"),
        (["/etc/passwd"], UnsafeError, "/etc/passwd at line 2"),
        (["pictures/../../secret.png"], UnsafeError, "at line 2"),
        (["link.png"], UnsafeError, r"link\.png at line 2"),
        (["gone.png", "pictures"], DataError, "gone.png at line 2; pictures at line 3"),
        (["x" * 300], DataError, "at line 2"),
        ([None], DataError, "no path at line 2"),
        ([f"{n}.png" for n in range(30)], DataError, "; and 10 more"),
    ],
)
def test_paths_that_are_not_images_of_the_folder(
    table: pd.DataFrame, paths: list, fault: type[KerasDLError], words: str
):
    link = Path("link.png")
    link.unlink(missing_ok=True)
    link.symlink_to("../secret.png")
    Path("../secret.png").touch()
    table.loc[: len(paths) - 1, "file"] = paths
    table.to_csv("wrong.csv", index=False)
    with pytest.raises(fault, match=words):
        chosen("data.target=even", name="wrong.csv").data.read()


def test_numbers_are_no_paths(table: pd.DataFrame):
    table.to_parquet("table.parquet")
    given = ("data.target=even", "data.path=weight")
    with pytest.raises(DataError, match=r"'weight' .* holds float64, no paths"):
        chosen(*given, name="table.parquet").data.read()


@pytest.mark.usefixtures("table")
def test_faults_of_keys():
    with pytest.raises(InvalidConfigError, match=r"data\.path is empty"):
        config.load("cnn", settings=["data.name=table.csv", "data.kind=images"])
    with pytest.raises(InvalidConfigError) as caught:
        chosen("data.target=name", "data.group=name", name="pictures")
    said = str(caught.value)
    for key in ("path (='file'", "target (='name'", "group (='name'"):
        assert f"data.{key}) has no meaning for a folder" in said
    with pytest.raises(DataError, match=r"has no column 'fil'.* file"):
        chosen("data.target=even", "data.path=fil").data.read()
    with pytest.raises(DataError, match=r"no column of table\.csv is named to predict"):
        chosen().data.check_source()


@pytest.mark.usefixtures("table")
def test_the_kind_of_a_table_is_that_with_the_keys_that_are_set():
    for keys, kind in (((), "table"), (("target=name",), "table"),
                       (("target=name", "ignore=['file']"), "table"),
                       (("target=name", "path=file"), "images"),
                       (("target=name", "path=file", "size=8"), "images")):  # fmt: skip
        settings = ["data.name=table.csv", *(f"data.{key}" for key in keys)]
        assert config.load_data(None, None, settings).data.kind == kind


def test_a_path_that_does_not_exist_is_no_fault_of_keys():
    """Which keys there are depends on what the path is."""
    settings = ["data.name=gone", "data.size=16"]
    with pytest.raises(DataError, match="unknown data set 'gone'"):
        config.load("cnn", settings=settings).data.check_source()
    with pytest.raises(InvalidConfigError, match=r"unknown key data\.sise"):
        config.load("cnn", settings=["data.name=gone", "data.sise=16"])
    with pytest.raises(InvalidConfigError, match=r"unknown key data\.size"):
        config.load("cnn", settings=["data.name=digits", "data.size=16"])


def test_a_document_has_no_target_whatever_the_task():
    Path("a.txt").write_text("text")
    with pytest.raises(InvalidConfigError) as caught:
        config.load("gpt-tiny", settings=["data.name=a.txt", "data.target=stars"])
    assert "has no meaning for a.txt —" in str(caught.value)


@pytest.mark.parametrize("name", ["table.csv", "pictures"])
def test_images_that_stand_elsewhere_are_the_test(
    table: pd.DataFrame, name: str, tmp_path: Path
):
    new = "new.csv" if name == "table.csv" else str(tmp_path / "new")
    if name == "table.csv":
        table[:8].to_csv(new, index=False)
        settings = chosen("data.target=digit", f"data.test_name={new}")
    else:
        write_digits(Path(new), 8)
        given = [f"data.name={name}", "data.size=16", f"data.test_name={new}"]
        settings = config.load("cnn", settings=given)
    dataset = prepare(settings.data.read(), settings)
    assert len(dataset.train) + len(dataset.validation) == COUNT
    x, y = dataset.test.arrays()
    assert x.shape == (8, 16, 16, 1)
    assert len(y) == 8
    copies = [each for each in dataset.findings if each.kind == "duplicate-images"]
    assert "7 of 8 test images copy training images, 7 with the same" in str(copies[-1])


@pytest.mark.usefixtures("table")
def test_a_damaged_image_of_the_test_is_told(tmp_path: Path):
    write_digits(tmp_path / "new", 8)
    [first, *_] = sorted((tmp_path / "new").glob("*/*"))
    first.write_bytes(first.read_bytes()[:40])
    given = ["data.name=pictures", f"data.test_name={tmp_path / 'new'}"]
    settings = config.load("cnn", settings=given)
    with pytest.raises(DataError, match=r"1 image of .*new cannot be decoded"):
        prepare(settings.data.read(), settings)

"""Several columns to predict: how they are named, read and refused."""

from pathlib import Path

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.config import Setting
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.own_data import decide

ROWS = 90
HEADER = "size,rent,price,loud,smokes,city,built"


def write(rows: int = ROWS) -> None:
    drawn = np.random.default_rng(0)
    lines = [HEADER.replace("price", '"price, net"')]
    for row in range(rows):
        size = drawn.uniform(20, 120)
        lines.append(
            f"{size:.1f},{9 * size:.1f},{size**2:.0f},{row % 2},"
            f"{'no' if row % 3 else 'yes'},{'ABC'[row % 3]},20{row % 20:02}-05-01"
        )
    Path("t.csv").write_text("\n".join(lines))


def config(*targets: str, task: str = "regression", **keys: str):
    settings = [Setting("data.target", [*targets], "--target")]
    texts = {"name": "t.csv", "task": task} | keys
    settings += [Setting(f"data.{key}", value, "--set") for key, value in texts.items()]
    return configs.load("mlp-tabular", settings=settings)


def test_they_are_no_features():
    write()
    chosen = config("rent", "price, net")
    split = prepare(chosen.data.read(), chosen)
    names = [column.name for column in split.preprocessing.columns]
    assert names == ["size", "loud", "smokes", "city", "built"]
    assert split.targets.names == ("rent", "price, net")
    x, y = split.train.arrays()
    assert y.shape == (len(x), 2)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-5)
    roles = {c["name"]: c["role"] for c in chosen.data.columns(chosen.data.read())}
    assert [name for name, role in roles.items() if role == "target"] == [
        "rent", "price, net",
    ]  # fmt: skip
    leaks = [finding.what for finding in split.findings if finding.kind == "leak"]
    assert ["'size' alone predicts 'rent'" in leaks[0], len(leaks)] == [True, 2]
    assert "'size' alone predicts 'price, net'" in leaks[1]


def test_one_in_a_list_is_one():
    write()
    chosen, alone = config("rent"), config("rent", target="rent")
    pairs = [prepare(each.data.read(), each) for each in (chosen, alone)]
    assert pairs[0].targets == pairs[1].targets
    np.testing.assert_array_equal(
        pairs[0].train.arrays()[1], pairs[1].train.arrays()[1]
    )


def test_a_config_with_a_list_is_read_back(tmp_path: Path):
    write()
    chosen = config("rent", "price, net")
    path = tmp_path / "config.toml"
    path.write_text(configs.to_toml(chosen))
    assert configs.load(None, path) == chosen


def test_a_wrong_target_is_named_by_column_and_line():
    write()
    lines = Path("t.csv").read_text().splitlines()
    Path("t.csv").write_text("\n".join([*lines, "3,1e39,2,0,yes,A,2020-05-01"]))
    chosen = config("size", "rent")
    raw = chosen.data.read()
    with pytest.raises(
        DataError, match=r"target 'rent' is 1e\+39 at line 92 in t\.csv"
    ):
        prepare(raw, chosen)
    Path("t.csv").write_text("\n".join([*lines, "3,,2,0,yes,A,2020-05-01"]))
    with pytest.raises(DataError, match=r"target 'rent' of t\.csv is missing: .*92"):
        chosen.data.read()


@pytest.mark.parametrize(
    ("targets", "keys", "message"),
    [
        (("rent", "rent"), {}, "data.target names 'rent' 2 times"),
        (("rent", "size"), {"group": "size"}, r"\(='size'\) is in data.group"),
        (
            ("rent", "size"),
            {"task": "classification"},
            "names 2 columns, data.task 'classification' predicts one",
        ),
    ],
)
def test_what_cannot_be_asked_for(targets: tuple[str, ...], keys: dict, message: str):
    with pytest.raises(InvalidConfigError, match=message):
        config(*targets, **keys)


def suggested(*targets: str) -> tuple[str, str]:
    settings = [Setting("data.target", targets, "--target"), "data.name=t.csv"]
    [setting] = decide("mlp-tabular", None, settings).inferred
    return setting.value, decide("mlp-tabular", None, settings).reason


def test_numbers_suggest_regression():
    write()
    reason = "'size' and 'rent' hold numbers"
    assert suggested("size", "rent") == ("regression", reason)
    assert suggested("loud", "rent")[0] == "regression"


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (("rent", "city"), "'city' holds 3 different texts in t.csv — name it alone"),
        (("rent", "built"), "'built' holds 20 different dates"),
        (("smokes", "rent"), "two sorts: 'smokes' of two words, 'rent' of many"),
        (("rent", "rnt"), "has no column 'rnt' — did you mean rent"),
    ],
)
def test_columns_that_do_not_go_together(targets: tuple[str, ...], message: str):
    write()
    with pytest.raises(DataError, match=message):
        suggested(*targets)


def test_two_values_suggest_labels():
    write()
    reason = "'loud' and 'smokes' hold two values each"
    assert suggested("loud", "smokes") == ("multi-label", reason)
    chosen = config("loud", "smokes", task="multi-label")
    split = prepare(chosen.data.read(), chosen)
    assert split.targets.values == (("0", "1"), ("no", "yes"))
    said = "a label is positive where 'loud' is '1' and 'smokes' is 'yes'"
    assert said in [str(finding) for finding in split.findings]
    leaks = [str(finding) for finding in split.findings if finding.kind == "leak"]
    assert len(leaks) == 1
    assert "'city' alone predicts 'smokes'" in leaks[0]
    one = config("smokes", task="multi-label")
    assert prepare(one.data.read(), one).targets.names == ("smokes",)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "smokes",
            "often",
            r"'smokes' is 'often' at line 92 in t\.csv; a label has two",
        ),
        (
            "loud",
            "2",
            r"'loud' is '2' at line 92 in t\.csv; .* such as '0' and '1', not 3",
        ),
        ("loud", "", r"the target 'loud' of t\.csv is missing: .*92"),
    ],
)
def test_a_third_value_is_named_by_column_and_line(column, value, message):
    write()
    row = dict(
        zip(
            HEADER.split(","),
            ["9", "9", "9", "1", "yes", "A", "2020-05-01"],
            strict=True,
        )
    )
    last = ",".join((row | {column: value}).values())
    Path("t.csv").write_text(f"{Path('t.csv').read_text()}\n{last}")
    chosen = config("loud", "smokes", task="multi-label")
    with pytest.raises(DataError, match=message):
        prepare(chosen.data.read(), chosen)


def test_a_value_that_training_lacks_is_said():
    write()
    lines = Path("t.csv").read_text().splitlines()
    parts = ["part", *(("train", "validation", "test")[row % 3] for row in range(ROWS))]
    marked = [f"{line},{part}" for line, part in zip(lines, parts, strict=True)]
    Path("t.csv").write_text("\n".join(marked))
    chosen = config("loud", "smokes", task="multi-label", split="part")
    split = prepare(chosen.data.read(), chosen)
    found = [str(f) for f in split.findings if f.kind == "unseen-class"]
    assert len(found) == 2  # of validation and test rows
    assert "no training row has the class 'no' of 'smokes', which" in found[0]


def test_what_has_no_meaning_for_labels():
    with pytest.raises(
        InvalidConfigError, match=r"loss\.smoothing .*no meaning in mul"
    ):
        configs.load(
            "mlp", settings=["data.name=t.npz", "data.task=multi-label",
            "loss.smoothing=others"],
        )  # fmt: skip


def test_a_target_of_a_reconstruction_is_left_out_only_if_it_is_there():
    write()
    settings = ("data.name=t.csv", "data.task=reconstruction", "data.target=rentt")
    chosen = configs.load("autoencoder", settings=settings)
    with pytest.raises(DataError, match="has no column 'rentt' — did you mean rent"):
        prepare(chosen.data.read(), chosen)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            ["training.class_weights=balanced"],
            "class_weights (='balanced') has no mean",
        ),
        (['data.target=["loud", "loud"]'], "data.target names 'loud' 2 times"),
        (['data.target=["loud", ""]'], "data.target holds an empty name"),
        (["training.epoch=3"], "unknown key training.epoch"),
    ],
)
def test_errors_tell_of_no_task_that_nobody_chose(keys: list[str], words: str):
    write()
    given = ["data.name=t.csv", 'data.target=["loud", "smokes"]', *keys]
    chosen = decide("mlp-tabular", None, given)
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("mlp-tabular", settings=given, inferred=chosen.inferred)
    [line] = caught.value.lines()
    assert words in line


def test_a_target_with_one_value_is_said_to_have_one():
    Path("t.csv").write_text(
        "a,y,z,e\n" + "\n".join(f"{n},3.5,{n % 7}," for n in range(50))
    )
    found = r"targets of t\.csv have one value or none: 'y' and 'e'"
    with pytest.raises(DataError, match=found):
        decide("mlp-tabular", None, ["data.name=t.csv", 'data.target=["y", "z", "e"]'])

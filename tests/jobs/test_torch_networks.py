"""Networks as ONNX files and PyTorch programs."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.diagnostics import latency
from kerasdl.errors import CheckFailedError
from kerasdl.exports import folder
from kerasdl.exports.formats import FORMATS, Format
from kerasdl.exports.verification import check_answers, check_headline, check_scores
from tests.jobs.exported import (
    KINDS,
    answers,
    assert_alike,
    of_arrays,
    of_images,
    predicted,
)
from tests.jobs.helpers import verb
from tests.variants import variants

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
CHANGING = ("MODEL_CARD.md", "verification.json")
"""Files with times, which differ from export to export."""


@pytest.fixture(autouse=True)
def times_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SECONDS", 0.01)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The path of a run of arrays."""
    folder, before = tmp_path_factory.mktemp("arrays"), Path.cwd()
    os.chdir(folder)
    yield str(Path(of_arrays()[0]).resolve())
    os.chdir(before)


def exported(run: str, form: str, *flags: str, output: str = "exported") -> Path:
    for package in FORMATS[form].packages:
        pytest.importorskip(package)
    keras.utils.clear_session()  # names begin anew, as in a process of its own
    code, said = verb("export", run, "--format", form, "--output", output, *flags)
    assert code == 0, said
    return Path(output)


@pytest.mark.parametrize(
    "kind",
    [
        *("table", "images", "subwords"),
        *variants("arrays", "texts", "numbers", "series", "pixels"),
    ],
)
def test_the_script_says_what_predict_says(kind: str) -> None:
    own_run, data, arguments = KINDS[kind]()
    folder = exported(own_run, "onnx")
    found = answers(folder, arguments, absent="torch onnx pillow_heif")
    assert_alike(found, predicted(own_run, data, len(found)))
    sample = json.loads((folder / "sample.json").read_text())
    assert_alike(answers(folder, sample["arguments"]), sample["answers"])


@pytest.mark.parametrize("form", ["torch", *variants("openvino")])
def test_other_formats(form: str, run: str) -> None:
    folder = exported(run, form)
    assert b"site-packages" not in b"".join(
        each.read_bytes() for each in folder.iterdir()
    )
    told = json.loads((folder / "verification.json").read_text())
    assert told["difference"] < 1e-5
    result = json.loads(Path(run, "result.json").read_text())
    for name, score in result["test"].items():
        assert told["scores"][name] == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("form", ["onnx", *variants("torch", "openvino")])
def test_nothing_tells_of_this_machine_and_two_are_equal(form: str, run: str) -> None:
    secrets = [str(Path.cwd()), f"{Path.home()}/", str(Path(run).parent)]
    secrets += [name for name in (socket.gethostname(),) if len(name) > 5]
    pair = [exported(run, form, output=f"{form}-{n}") for n in "ab"]
    names = sorted(path.name for path in pair[0].iterdir())
    assert names == sorted(path.name for path in pair[1].iterdir())
    for name in names:
        content = [(folder / name).read_bytes() for folder in pair]
        assert name in CHANGING or content[0] == content[1], name
        for secret in (*secrets, "site-packages"):
            assert secret.encode() not in content[0], (name, secret)


def test_another_network_is_not_written(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Format.written

    def with_other_weights(self: Format, model: Any, *given: Any) -> dict[str, bytes]:
        weights = model.get_weights()
        model.set_weights([each + 0.01 for each in weights])
        try:
            return write(self, model, *given)
        finally:
            model.set_weights(weights)

    monkeypatch.setattr(Format, "written", with_other_weights)
    code, said = verb("export", run, "--format", "onnx", "--output", "other")
    assert code == 10
    assert "outputs differ by" in said
    assert not Path("other").exists()


def test_a_full_disk_leaves_nothing(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, content: Any) -> int:
        raise OSError(28, "No space left on device")

    import kerasdl.storage

    monkeypatch.setattr(kerasdl.storage.os, "write", full)
    code, said = verb("export", run, "--format", "torch", "--output", "full")
    assert code == 6, said
    assert "No space left" in said
    assert not [*Path().glob("*full*")]


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--format", "onnx", "--names", "flax"), 2, "--names flax is for weights"),
        (("--format", "onnx", "--backend", "jax"), 2, "written by torch, not jax"),
        (("--format", "onnx", "--output", "."), 2, "exists"),
        (("--data", "new.npz"), 2, "weights alone are not verified"),
        (("--format", "pickle"), 2, "pickle"),
        (("--format", "torch", "--half"), 2, "are for onnx, not for torch"),
        (
            ("--format", "onnx", "--half", "--quantize", "int8"),
            2,
            "exclude one another",
        ),
        (("--format", "onnx", "--data", "absent.npz"), 3, "absent.npz"),
    ],
)
def test_what_cannot_be(
    flags: tuple[str, ...], code: int, words: str, run: str
) -> None:
    import click

    try:
        found, said = verb("export", run, *flags)
    except click.ClickException as fault:
        found, said = fault.exit_code, fault.format_message()
    assert found == code
    assert words in said


def test_a_missing_package_is_named(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kerasdl.exports.formats._is_installed", lambda name: name != "onnxscript"
    )
    code, said = verb("export", run, "--format", "onnx")
    assert code == 5
    assert "onnx needs onnxscript" in said
    assert 'pip install "kerasdl[export]"' in said


def test_other_data_verify_as_well(run: str) -> None:
    x = np.load(Path(run).parent / "digits.npz")
    np.savez("other.npz", x=x["x"][:50], y=x["y"][:50])
    folder = exported(run, "onnx", "--data", "other.npz", output="of-other")
    told = json.loads((folder / "verification.json").read_text())
    assert told["examples"] == 50
    assert "data given to the export" in (folder / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize(
    ("flag", "share"),
    [(("--quantize", "int8"), 0.5), *variants((("--half",), 0.7))],
)
def test_compressed(flag: tuple[str, ...], share: float, run: str) -> None:
    folder = exported(run, "onnx", *flag, output="compressed")
    told = json.loads((folder / "verification.json").read_text())
    assert told["bytes"] < share * told["uncompressed"]["bytes"]
    assert (
        told["scores"]["accuracy"] > told["uncompressed"]["scores"]["accuracy"] - 0.01
    )
    sample = json.loads((folder / "sample.json").read_text())
    assert_alike(answers(folder, sample["arguments"]), sample["answers"])
    assert "compressed to" in (folder / "MODEL_CARD.md").read_text()


def test_convolutions_are_calibrated() -> None:
    own_run, _, arguments = of_images()
    folder = exported(own_run, "onnx", "--quantize", "int8", output="compressed")
    kinds = {node.op_type for node in onnx.load(folder / "model.onnx").graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert answers(folder, arguments)


def test_other_answers_and_scores_are_not_let_through() -> None:
    said = [{"prediction": "a", "probability a": 0.9}, {"prediction": 2.0}]
    check_answers(said, [dict(each) for each in said], {})
    for wrong in (
        [{"prediction": "b", "probability a": 0.9}, said[1]],
        [{"prediction": "a", "probability a": 0.8}, said[1]],
        [said[0], {"prediction": 2.001}],
        [said[0], {}],
        said[:1],
    ):
        with pytest.raises(CheckFailedError):
            check_answers(wrong, said, {})
    check_answers([{"prediction": 480.0}], [{"prediction": 500.0}], {"prediction": 1e6})
    with pytest.raises(CheckFailedError):
        check_answers(
            [{"prediction": 1.0}], [{"prediction": 2.0}], {"prediction": 1e-3}
        )
    known = {"accuracy": "max", "error": "min"}
    check_scores(
        {"accuracy": 0.9, "error": 1.0}, {"accuracy": 0.91, "error": 1.0}, known, 100
    )
    for found in (
        {"accuracy": 0.88, "error": 1.0},
        {"accuracy": 0.9, "error": 1.01},
        {},
    ):
        with pytest.raises(CheckFailedError):
            check_scores(found, {"accuracy": 0.9, "error": 1.0}, known, 100)


def test_a_script_that_fails_is_told(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_answers = folder.scripts

    def broken(*given: Any) -> dict[str, bytes]:
        return with_answers(*given) | {"answers.py": b"raise ValueError('no')"}

    monkeypatch.setattr("kerasdl.jobs.export.scripts", broken)
    code, said = verb("export", run, "--format", "onnx", "--output", "broken")
    assert code == 10
    assert "its script ends with ValueError: no" in said
    assert not Path("broken").exists()


def test_a_result_of_a_stranger_is_shown_as_text(run: str, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(run, tmp_path / "copied"))
    result = json.loads((copied / "result.json").read_text())
    evil = "x |\n\n# Install\n<script>`"
    result |= {"parameters": "1", "baseline": {evil: {"accuracy": 0.5}}, "examples": 3}
    (copied / "result.json").write_text(json.dumps(result))
    made = exported(str(copied), "onnx", "--trust-edits", output="of-a-stranger")
    card = (made / "MODEL_CARD.md").read_text()
    assert "# Install" not in card.splitlines()
    assert "`x / # Install <script>'`" in card


@pytest.mark.slow
def test_a_language_model_writes_what_generate_writes() -> None:
    Path("text.txt").write_text("the cat sat on the mat. " * 200)
    code, said = verb(
        "train", "--preset", "gpt-tiny", "--data", "text.txt", "--epochs", "1",
        "--set", "model.width=16", "--set", "model.depth=1", "--set", "model.mlp_units=16",
        "--run-dir", "run",
    )  # fmt: skip
    assert code == 0, said
    [found] = answers(exported("run", "onnx"), ["the c"])
    code, said = verb(
        "generate", "run", "--prompt", "the c", "--temperature", "0", "--tokens", "50",
        "--json",
    )  # fmt: skip
    assert code == 0, said
    assert json.loads(said)["text"].endswith(found["text"])


def test_what_loses_more_than_a_point_is_not_written() -> None:
    check_headline("accuracy", 0.981, 0.99, "max")
    check_headline("accuracy", 0.999, 0.9, "max")
    check_headline("bits", 2.019, 2.0, "min")
    for name, found, expected, direction in (
        ("accuracy", 0.979, 0.99, "max"), ("bits", 2.03, 2.0, "min"),
        ("accuracy", None, 0.9, "max"), ("accuracy", float("nan"), 0.9, "max"),
    ):  # fmt: skip
        with pytest.raises(CheckFailedError, match=f"{name} is"):
            check_headline(name, found, expected, direction)

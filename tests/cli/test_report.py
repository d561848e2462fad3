"""The report of a run as the command line writes it."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kerasdl.errors import ModelFileError
from kerasdl.report import write_report
from kerasdl.rundir import RunDir
from tests.cli.helpers import assert_fails, kerasdl

HOSTILE = "</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_inert(page: Page) -> None:
    """No script, no handler, and nothing from elsewhere."""
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "form"}
    attributes = [pair for _, each in page.tags for pair in each.items()]
    assert not [name for name, _ in attributes if name.startswith("on")]
    assert "href" not in dict(attributes)
    sources = [value or "" for name, value in attributes if name == "src"]
    assert all(each.startswith("data:image/png;base64,") for each in sources)


@pytest.fixture
def run(straight: str) -> Path:
    return Path(shutil.copytree(straight, "run"))


def test_it_shows_what_the_run_reached(run: Path):
    html = (run / "report.html").read_text()
    page, result = Page(html), json.loads((run / "result.json").read_text())
    for score in result["test"].values():
        assert f"{score:.4g}" in page.text
    assert "dense_1" in page.text
    assert "Confusion matrix" in page.text
    assert "What speaks for a prediction" in page.text
    assert [each for tag, each in page.tags if each.get("class") == "diagram"]
    assert "[optimizer]" in page.text
    assert page.text.count("Values of") > 5


def test_it_needs_no_network_and_runs_no_script(run: Path):
    page = Page((run / "report.html").read_text())
    assert_inert(page)


def test_names_of_a_stranger_are_text(run: Path):
    """Whatever classes, layers, files and events are called."""
    for name in ("evaluation/test.json", "evaluation/model.json", "metrics.jsonl"):
        text = (run / name).read_text()
        for word in ("Classes", "dense_1", "val_loss", '"0"'):
            text = text.replace(word, json.dumps(HOSTILE) if word == '"0"' else HOSTILE)
        (run / name).write_text(text)
    event = {"kind": "x", "message": HOSTILE, "severity": "error", "why": HOSTILE}
    with (run / "events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")
    renamed = run.rename(HOSTILE.replace("/", "-"))
    done = kerasdl("report", str(renamed), "--trust-edits", "--output", "page.html")
    assert done.returncode == 0, done.stderr
    page = Page(Path("page.html").read_text())
    assert page.text.count(HOSTILE) > 5
    assert_inert(page)


def test_it_can_be_written_again(run: Path):
    (run / "report.html").unlink()
    assert_fails(kerasdl("report", str(run)), 4, "report.html", "--trust-edits")
    done = kerasdl("report", str(run), "--trust-edits", "--json")
    assert json.loads(done.stdout) == {"report": "run/report.html"}
    assert "not sealed" not in kerasdl("report", str(run)).stderr


@pytest.mark.parametrize(
    "content", ['{"figures": [{"figure": "pie"}]}', "[]", "{", '{"figures": 3}']
)
def test_damaged_figures_end_in_one_line(run: Path, content: str):
    (run / "evaluation/test.json").write_text(content)
    done = kerasdl("report", str(run), "--trust-edits")
    assert done.returncode == 4
    assert "evaluation/test.json" in done.stderr.splitlines()[-1]


NESTED = "[" * 900 + "]" * 900


def edited(run: Path, name: str, key: str, value: str) -> None:
    """Replace the first value of a key by a piece of JSON."""
    text, count = re.subn(
        rf'"{key}": (\[[^][]*\]|"[^"]*"|[^,}}\]]+)',
        lambda _: f'"{key}": {value}',
        (run / name).read_text(),
        count=1,
    )
    assert count
    (run / name).write_text(text)


def refusal(run: Path, page: Path) -> str:
    """Return the line that says why there is no report, or nothing."""
    try:
        write_report(RunDir(run), page)
    except ModelFileError as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("result.json", "test"),
        ("result.json", "epoch"),
        ("result.json", "low"),
        ("result.json", "accuracy"),
        ("metrics.jsonl", "epoch"),
        ("metrics.jsonl", "val_loss"),
        ("events.jsonl", "severity"),
        ("environment.json", "backend"),
        ("evaluation/test.json", "title"),
        ("evaluation/test.json", "columns"),
        ("evaluation/test.json", "x"),
    ],
)
def test_what_no_run_writes_ends_in_a_page_or_one_line(run: Path, name: str, key: str):
    event = {"kind": "x", "message": "m", "severity": "error"}
    (run / "events.jsonl").write_text(json.dumps(event) + "\n")
    whole, page = (run / name).read_bytes(), Path("page.html")
    values = ["1" + "0" * 400, "1e308", "-1e308", "NaN", "Infinity", "true", "null"]
    for value in [*values, '"text"', '"\\ud800"', "[]", "{}", NESTED]:
        edited(run, name, key, value)
        if line := refusal(run, page):
            assert "\n" not in line
            assert len(line) < 500
        else:
            assert_inert(Page(page.read_text()))
        (run / name).write_bytes(whole)


def test_many_curves_are_told_and_not_drawn(run: Path):
    names = [f"m{n}" for n in range(100_000)]
    line = {"epoch": 0, "step": 1} | dict.fromkeys(names, 0.5)
    (run / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    lines = {"title": "Many", "x_label": "", "y_label": "", "note": "A note."}
    lines |= {"figure": "lines", "names": names[:20_000]}
    lines |= {"x": [[1.0]] * 20_000, "y": [[1.0]] * 20_000}
    (run / "evaluation/test.json").write_text(json.dumps({"figures": [lines]}))
    write_report(RunDir(run), Path("page.html"))
    page = Page(Path("page.html").read_text())
    assert "99,940 more values of epochs are not drawn." in page.text
    assert "A note. 19,940 more curves are not drawn." in page.text
    assert [name for name, _ in page.tags].count("svg") == 60 + 2  # and the model


def test_many_figures_and_findings(run: Path):
    event = {"kind": "x", "message": "m", "severity": "info"}
    (run / "events.jsonl").write_text((json.dumps(event) + "\n") * 300)
    write_report(RunDir(run), Path("page.html"))
    assert "100 more findings are in events.jsonl" in Path("page.html").read_text()
    figure = {"figure": "table", "title": "t", "columns": [], "rows": []}
    (run / "evaluation/test.json").write_text(json.dumps({"figures": [figure] * 201}))
    with pytest.raises(ModelFileError, match="no list of at most 200"):
        write_report(RunDir(run), Path("page.html"))


@pytest.mark.slow
def test_without_it():
    done = kerasdl("train", "--preset", "mlp", "--epochs", "1", "--no-report", "--json")
    run = Path(json.loads(done.stdout)["run"])
    assert not (run / "report.html").exists()
    assert (run / "evaluation/test.json").is_file()
    assert not (run / "evaluation/explanations.json").exists()

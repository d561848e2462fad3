"""Prose is plain: short sentences, and the words of the field."""

import ast
import re
import statistics
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT, sentences, words

PHRASES = {
    r"\bmend(s|ed|ing|able)?\b": "hint, fix",
    r"\bno number in any\b|\bis no number\b": "NaN",
    r"\bamid\b": "mid-epoch, during, within",
    r"\b(take[sn]?|took|taking) up\b": "restore, resume",
    r"\bhand(s|ed|ing)? out\b": "yield, return",
    r"\bwhoever looks on\b|\bNobody\b|\bWatcher\b": "progress reporter",
    r"\bsomebody else\b|\bsomebody else's\b": "third-party",
    r"\bof one's own\b": "your own",
    r"\bbeside it\b|\bstands? beside\b|^ *beside\b": "baseline; next to",
    r"_to_go_on_with|\bOF_A_CLOCK\b|\btorch_step\b": "a name of the field",
    r"\bfor want of\b|\bgives? itself out\b": "plain words",
}
"""Phrases that slow a reader, with what to write instead."""
SOURCES = sorted(
    path
    for folder, pattern in {
        "kerasdl": "*.py",
        "examples": "*.py",
        "presets": "*.toml",
    }.items()
    for path in (ROOT / folder).rglob(pattern)
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sentences_are_short(page: Path):
    lengths = {sentence: words(sentence) for sentence in sentences(page)}
    assert statistics.median(lengths.values()) <= 16
    assert max(lengths.values()) <= 36, max(lengths, key=lambda key: lengths[key])


def test_sentences_are_counted(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n\nOne two `kerasdl train` four. Five\nsix!\n\n"
        "| a | table |\n\n- an item\n- see [a link](docs/x.md)\n\n```sh\ncode here\n```\n"
    )
    counted = [(sentence, words(sentence)) for sentence in sentences(page)]
    assert counted == [
        ("One two `kerasdl train` four.", 4),
        ("Five six!", 2),
        ("an item", 2),
        ("see a link", 3),
    ]


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_phrase_of_our_own_dialect(phrase: str):
    places = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in [*PAGES, *SOURCES]
        for line in re.split(r"\n", path.read_text())
        if re.search(phrase, line)
    ]
    assert not places, f"write {PHRASES[phrase]}"


def test_docstrings_have_short_sentences():
    """The median over all docstrings, and no sentence that needs a second reading."""
    lengths = {}
    for path in (ROOT / "kerasdl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                text = str(node.value.value)
                for part in re.split(r"(?<=[.!?])\s+|\n\s*\n|\n\s*\w+: ", text):
                    lengths[" ".join(part.split())] = len(part.split())
    assert statistics.median(lengths.values()) <= 14

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data import standard_library
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.data.python_source import CHARACTERS, load_python_source
from kerasdl.errors import DataError


@pytest.fixture
def library(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    folder = tmp_path / "library"
    folder.mkdir()
    monkeypatch.setattr(sysconfig, "get_path", {"stdlib": str(folder)}.get)
    load_python_docstrings.cache_clear()
    yield folder
    load_python_docstrings.cache_clear()


def write(library: Path, place: str, text: str) -> None:
    (library / place).parent.mkdir(parents=True, exist_ok=True)
    (library / place).write_text(text, encoding="utf-8")


def documented(*docstrings: str) -> str:
    """Return a module of functions with these docstrings."""
    return "".join(f"def f():\n    {text!r}\n" for text in docstrings)


def test_modules_come_sorted_without_tests_and_other_packages(library: Path):
    for place in (
        "b.py",
        "a.py",
        "a/c.py",
        "test/t.py",
        "a/tests/t.py",
        "idlelib/idle_test/t.py",
        "site-packages/numpy/n.py",
        "encodings/cp1.py",
        "_sysconfigdata__linux.py",
        "notes.txt",
    ):
        write(library, place, "é")
    (library / "latin.py").write_bytes(b"# coding: latin-1\n'\xe9'")
    (library / "nowhere.py").symlink_to(library / "gone.py")
    assert standard_library.modules() == {"a.py": "é", "a/c.py": "é", "b.py": "é"}
    assert list(standard_library.modules()) == ["a.py", "a/c.py", "b.py"]


def test_a_python_without_its_source(library: Path):
    with pytest.raises(
        DataError, match=f"no source of its standard library in {library}"
    ):
        load_python_source()


def test_source_is_a_sample_of_the_files_there_are():
    texts = load_python_source().texts
    library = list(standard_library.modules().values())
    assert set(texts) <= set(library)
    middle = np.median([library.index(text) for text in texts]) / len(library)
    assert 0.35 < middle < 0.65
    assert CHARACTERS * 0.95 < sum(map(len, texts)) <= CHARACTERS
    # A tenth must do to tell models apart, whichever files fall into it.
    assert max(map(len, texts)) < CHARACTERS / 20


def test_source_hardly_changes_when_a_file_is_added(monkeypatch):
    before = load_python_source().texts
    modules = standard_library.modules() | {"added.py": "x = 1\n" * 1000}
    monkeypatch.setattr(standard_library, "modules", lambda: modules)
    after = load_python_source().texts
    assert len(set(before) - set(after)) <= 2


def test_docstrings_are_labelled_by_module_or_package(library: Path):
    long = "A docstring that tells what this one is about, "
    write(library, "alone.py", f'"""{long}module."""\nclass A:\n    """{long}class."""')
    inner = f'if x:\n    try:\n        pass\n    except E:\n        async def f():\n            """{long}inner."""'
    write(library, "pack/deep/inner.py", inner)
    write(library, "pack/code.py", f'x = """{long}no docstring."""\n"""{long}late."""')
    write(library, "short.py", documented("Short."))
    write(library, "broken.py", "def f(:\n" + documented(long))
    write(library, "warns.py", documented(long + "warns") + "'\\d'")
    found = load_python_docstrings()
    assert set(zip(found.texts, found.labels, strict=True)) == {
        (f"{long}module.", "alone"),
        (f"{long}class.", "alone"),
        (f"{long}inner.", "pack"),
        (f"{long}warns", "warns"),
    }


def test_docstrings_are_clean_and_no_two_are_the_same(library: Path):
    raw = "One line that is long enough.\n\n        Indented.\n      "
    write(library, "a.py", documented(raw, raw.strip()))
    write(library, "b.py", documented(raw))
    found = load_python_docstrings()
    assert found.texts == ("One line that is long enough.\n\nIndented.",)
    assert found.labels == ("a",)


def test_docstrings_of_the_ten_largest(library: Path):
    for number in range(12):
        texts = [
            f"Docstring {n} of module {number}, which is long."
            for n in range(number + 1)
        ]
        write(library, f"m{number:02}.py", documented(*texts))
    found = load_python_docstrings()
    assert set(found.labels) == {f"m{number:02}" for number in range(2, 12)}


def test_real_docstrings_are_enough_to_learn_from():
    found = load_python_docstrings()
    counts = sorted(found.labels.count(label) for label in set(found.labels))
    assert len(counts) == 10
    assert counts[0] > 100

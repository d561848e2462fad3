"""The README and docs/ stay true: commands and code run, the tree is the disk."""

import json
import os
import re
import shlex
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from kerasdl.backend import installed
from kerasdl.cli import VERBS
from tests.backend_run import quickest
from tests.pages import PAGES, README, ROOT, blocks

TOYKIT = ROOT / "tests" / "toykit"
TAUGHT = [page for page in PAGES if page.stem.startswith("add-")]
"""Pages whose code belongs to a package; it is tested where that package is."""
LIMITS = (
    "ATEN_CPU_CAPABILITY=avx2",
    "ONEDNN_MAX_CPU_ISA=AVX2",
    "XLA_FLAGS=--xla_cpu_max_isa=AVX2",
)
"""Make the backends take the kernels of a processor without AVX-512."""
ELSEWHERE = ("pytest", "kerasdl parity --preset mlp")
"""What runs in other tests, or runs them."""
ONE_AFTER_ANOTHER = """
import json, sys
import kerasdl
from kerasdl.cli import main
train = kerasdl.train
short = {"epochs": 1, "report": False, "baselines": False}
kerasdl.train = lambda *given, **named: train(*given, **short | named)
for part in json.loads(sys.argv[1]):
    if isinstance(part, str):
        exec(compile(part, "<page>", "exec"), {"__name__": "__main__"})
        continue
    sys.argv = part
    try:
        main()
    except SystemExit as end:
        assert not end.code, part
"""
"""Runs commands and code of one backend in one process, which loads Keras once.

Runs that do not say how long they last take an epoch; none writes a report or scores
baselines.
"""


def command(line: str) -> list[str] | None:
    """Return a command that trains an epoch, or resumes for one; None for others."""
    words = shlex.split(line.rpartition("&& ")[2])
    if " ".join(words) in ELSEWHERE:
        return None
    if words[:2] == ["kerasdl", "train"]:
        words += ["--epochs", "1", "--no-report", "--no-baselines"]
        if "--init-from" in words:
            words += ["--set", "training.examples=32"]  # what is published is large
        if not {*words}.intersection(installed()):
            words += ["--backend", quickest()]  # PyTorch compiles next to nothing
    elif words[:2] == ["kerasdl", "resume"]:
        words += ["--epochs", "2"]
    return words


def backend_of(part: str | list[str]) -> str:
    named = [name for name in installed() if name in part]
    return named[0] if isinstance(part, list) and named else quickest()


def test_it_opens_with_two_commands():
    first, second = [text for language, text in blocks(README) if language == "sh"][:2]
    assert first == 'pip install -e ".[jax]" && kerasdl train --preset mlp\n'
    assert second == 'pip install -e ".[all,test]" && pytest\n'
    script = (ROOT / ".ci" / "run").read_text()
    assert 'pip install --quiet -e ".[all,test]"' in script
    _, whole, capped = script.partition("\npytest\n")
    assert whole
    for limit in LIMITS:
        assert f"{limit} " in capped
        assert limit in (ROOT / "docs" / "backends.md").read_text()


def test_commands_and_code_run(tmp_path: Path):
    """In the order of the pages, backend after backend, in one folder."""
    parts: list[str | list[str]] = []
    for page in PAGES:
        for language, text in blocks(page) if page not in TAUGHT else []:
            if language == "python":
                parts.append(text)
            elif language == "sh":
                parts += [
                    words for line in text.splitlines() if (words := command(line))
                ]
    for backend, group in groupby(sorted(parts, key=backend_of), key=backend_of):
        done = subprocess.run(
            [sys.executable, "-c", ONE_AFTER_ANOTHER, json.dumps([*group])],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"KERAS_BACKEND": backend},
        )
        assert done.returncode == 0, done.stderr
    assert len(parts) > 10
    assert (tmp_path / "mine" / "model.keras").is_file()


@pytest.mark.parametrize("page", TAUGHT, ids=lambda page: page.stem)
def test_what_a_page_teaches_is_what_is_tested(page: Path):
    shown = {text for language, text in blocks(page) if language == "python"}
    assert shown
    assert shown <= {path.read_text() for path in TOYKIT.rglob("*.py")}
    lines = (TOYKIT / "toykit-1.0.dist-info" / "entry_points.txt").read_text()
    named = re.findall(r'^(\w+) = "(toykit\.\S+)"$', page.read_text(), re.MULTILINE)
    for name, value in named:
        assert f"{name} = {value}" in lines


def test_every_link_leads_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / link).is_file(), (page.name, link)
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in README.read_text()


def test_the_tree_is_the_disk():
    trees = [text for _, text in blocks(README) if "\nkerasdl/\n" in text]
    named: dict[str, set[str]] = {"tops": set(), "rooms": set()}
    for line in trees[0].splitlines():
        name = line.split()[0].rstrip("/")
        if line.startswith(" "):
            named["rooms"].add(name)
        else:
            named["tops"].add(name)
    for name in named["tops"]:
        assert (ROOT / name).is_dir(), name
    skipped = {"__init__.py", "__main__.py", "__pycache__", "_presets"}
    rooms = {path.name for path in (ROOT / "kerasdl").iterdir()} - skipped
    assert named["rooms"] == rooms


def test_every_verb_and_preset_is_mentioned():
    everything = "".join(page.read_text() for page in PAGES)
    for name in VERBS:
        assert f"kerasdl {name}" in everything, name
    for path in (ROOT / "presets").glob("*.toml"):
        assert f"| `{path.stem}` |" in everything, path.stem

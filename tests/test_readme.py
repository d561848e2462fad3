"""The README and docs/ stay true: commands and code run, the tree is the disk."""

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
EACH_FOR_ITSELF = """
import sys
for block in sys.argv[1:]:
    exec(compile(block, "<page>", "exec"), {"__name__": "__main__"})
"""


def run(*command: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "KERAS_BACKEND": installed()[0]}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr


def run_commands(lines: str) -> None:
    """Run each line: trained for an epoch, resumed for one more."""
    for line in lines.splitlines():
        command = shlex.split(line.rpartition("&& ")[2])
        if " ".join(command) in ELSEWHERE:
            continue
        if command[:2] == ["kerasdl", "train"]:
            command += ["--epochs", "1"]
            if not {*command}.intersection(installed()):
                command += ["--backend", installed()[0]]
        elif command[:2] == ["kerasdl", "resume"]:
            command += ["--epochs", "2"]
        run(*command)


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
    """In the order of the pages, in one folder; code that follows code shares Keras."""
    fences = [block for page in PAGES if page not in TAUGHT for block in blocks(page)]
    runnable = [block for block in fences if block[0] in {"python", "sh"}]
    for language, group in groupby(runnable, key=lambda block: block[0]):
        texts = [text for _, text in group]
        if language == "python":
            run(sys.executable, "-c", EACH_FOR_ITSELF, *texts)
        else:
            run_commands("".join(texts))
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

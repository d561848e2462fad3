"""The README stays true: its commands run, its tree is the disk, its code works."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from kerasdl.backend import installed
from kerasdl.cli import VERBS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


FENCES = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
"""Language and content of every fenced block."""


LIMITS = (
    "ATEN_CPU_CAPABILITY=avx2",
    "ONEDNN_MAX_CPU_ISA=AVX2",
    "XLA_FLAGS=--xla_cpu_max_isa=AVX2",
)
"""What lets the backends take the kernels of a processor without AVX-512."""


def blocks(language: str) -> list[str]:
    return [content for name, content in FENCES if name == language]


def run(*command: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "KERAS_BACKEND": installed()[0]}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr


def test_it_opens_with_two_commands():
    first, second = blocks("sh")[:2]
    assert first == 'pip install -e ".[jax]" && kerasdl train --preset mlp\n'
    assert second == 'pip install -e ".[all,test]" && pytest\n'
    script = (ROOT / ".ci" / "run").read_text()
    assert 'pip install --quiet -e ".[all,test]"' in script
    _, whole, capped = script.partition("\npytest\n")
    assert whole
    for limit in LIMITS:
        assert f"{limit} " in capped
        assert limit in README


def test_its_commands_and_its_code_run(tmp_path: Path):
    """In the order of the page, in one folder; training is cut to one epoch."""
    for language, block in FENCES:
        if language == "python":
            run(sys.executable, "-c", block)
        for line in block.splitlines() if language == "sh" else []:
            command = shlex.split(line.rpartition("&& ")[2])
            if command[0] == "pytest":
                continue
            if command[:2] == ["kerasdl", "train"]:
                command += ["--epochs", "1"]
                if not {*command}.intersection(installed()):
                    command += ["--backend", installed()[0]]
            run(*command)
    assert (tmp_path / "mine" / "model.keras").is_file()


def test_the_tree_is_the_disk():
    [tree] = [block for block in blocks("") if "\nkerasdl/\n" in block]
    named: dict[str, set[str]] = {"tops": set(), "rooms": set()}
    for line in tree.splitlines():
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
    for name in VERBS:
        assert f"kerasdl {name}" in README, name
    for path in (ROOT / "presets").glob("*.toml"):
        assert f"| `{path.stem}` |" in README, path.stem

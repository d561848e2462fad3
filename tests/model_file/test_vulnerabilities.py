"""No known way to do harm with a model file works; each is refused without Keras."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from kerasdl import config as configs
from kerasdl import runs_folder
from kerasdl.errors import UnsafeError
from kerasdl.model_file import inspect
from tests.cli.helpers import assert_fails, kerasdl
from tests.model_file.canary import Canary, listing
from tests.model_file.files import FILE
from tests.model_file.vulnerabilities import FIXTURES

ONE_OF_EACH = {name.split()[0]: make for name, make in reversed(FIXTURES.items())}
INSPECT_ALL = """
import resource, sys
from pathlib import Path
from kerasdl.errors import UnsafeError
from kerasdl.model_file import inspect

for name in sys.argv[1:]:
    try:
        inspect(Path(name))
    except UnsafeError:
        continue
    raise SystemExit(f"{name} was not refused")
status = Path("/proc/self/status")
if status.exists():  # what `getrusage` says begins with the memory of the parent
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak, "keras" in sys.modules)
"""
UNIT = 1 if sys.platform == "darwin" else 1024


@pytest.mark.parametrize("make", FIXTURES.values(), ids=FIXTURES)
def test_it_is_refused(make: Callable[[Canary], None], canary: Canary):
    make(canary)
    with canary.quiet(), pytest.raises(UnsafeError):
        inspect(FILE)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2026-0897 shape", "lacks the bytes for its shape"),
        ("2026-1669 external storage", "is not stored as Keras does"),
        ("2026-9335/12479-12484 external link", "has a link, 'x'"),
        ("2026-9335/12479-12484 soft link", "has a link, 'x'"),
        ("2026-9335/12479-12484 virtual array", "is not stored as Keras does"),
        ("2026-12570 packed array", "is not stored as Keras does"),
    ],
)
def test_what_is_wrong_with_its_weights(name: str, message: str, canary: Canary):
    """It is found before it is followed, as the first fault that they have."""
    FIXTURES[name](canary)
    with pytest.raises(UnsafeError, match=message):
        inspect(FILE)


def test_keras_is_not_imported_to_refuse_them(canary: Canary):
    names = []
    for index, make in enumerate(FIXTURES.values()):
        make(canary)
        names.append(FILE.rename(f"{index}.keras").name)
    before = listing()
    command = [sys.executable, "-c", INSPECT_ALL, *names]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    peak, has_keras = done.stdout.split()
    assert int(peak) * UNIT < 1 << 30
    assert has_keras == "False"
    canary.assert_nothing_came_of_it(before)


@pytest.mark.parametrize("make", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_the_command_refuses_it(make: Callable[[Canary], None], canary: Canary):
    run = runs_folder.create("mlp")
    run.write_config(configs.load("mlp"))
    make(canary)
    FILE.rename(run.model_file)
    before = listing()
    assert_fails(kerasdl("evaluate", str(run.path)), 7, str(run.model_file))
    canary.assert_nothing_came_of_it(before)


@pytest.mark.parametrize("key", ["data.name", "model.preset"])
def test_the_config_of_a_run_downloads_nothing(key: str, canary: Canary):
    """Nor is anything unpacked: 2025-12060 and 12638 are about archives."""
    run = runs_folder.create("mlp")
    run.write_config(configs.load("mlp"))
    table, name = key.split(".")
    file = run.path / "config.toml"
    text, header = file.read_text(), f"[{table}]\n"
    assert header in text
    lines = [line for line in text.splitlines() if not line.startswith(f"{name} =")]
    line = f"{name} = {json.dumps(canary.url)}\n"
    file.write_text("\n".join(lines).replace(header, header + line) + "\n")
    before = listing()
    done = kerasdl("resume", str(run.path))
    assert done.returncode in (2, 3, 4), done.stderr
    assert [name for name in listing() if name not in before] in (
        [],
        [f"{run.path}/.lock"],
    )
    canary.assert_nothing_came_of_it(listing())

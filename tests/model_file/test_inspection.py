"""What a model file claims is bounded by what it holds, and found out without Keras."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from kerasdl.errors import KerasDLError, ModelFileError
from kerasdl.model_file import inspect
from tests.model_file.bombs import BOMBS, DAMAGED
from tests.model_file.files import FILE, dense, functional, model, write, write_model

INSPECT = """
import json, resource, sys
from pathlib import Path
from kerasdl.errors import KerasDLError
from kerasdl.model_file import inspect

try:
    kind = inspect(Path("model.keras")) and None
except KerasDLError as fault:
    kind = type(fault).__name__
status = Path("/proc/self/status")
if status.exists():  # what `getrusage` says begins with the memory of the parent
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([kind, peak, "keras" in sys.modules]))
"""
UNIT = 1 if sys.platform == "darwin" else 1024


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_little_memory(make: Callable[[], None]):
    make()
    done = subprocess.run(
        [sys.executable, "-c", INSPECT],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    kind, peak, has_keras = json.loads(done.stdout)
    assert (kind, has_keras) == ("UnsafeError", False)
    assert peak * UNIT < 1 << 30
    FILE.unlink()


@pytest.mark.parametrize("make", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file(make: Callable[[], None]):
    make()
    with pytest.raises(ModelFileError, match=r"model\.keras is damaged: "):
        inspect(FILE)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (BOMBS["a config of 5 MB"], "is longer than 4,194,304 bytes"),
        (BOMBS["2 million values"], "holds more than 1,000,000 values"),
        (BOMBS["a million members"], "lists too many members"),
        (DAMAGED["no config"], "it has no config.json"),
        (DAMAGED["no weights"], "it has no model.weights.h5"),
    ],
)
def test_what_is_said(make: Callable[[], None], message: str):
    make()
    with pytest.raises(KerasDLError, match=message):
        inspect(FILE)


def test_a_missing_file():
    with pytest.raises(ModelFileError, match=r"model\.keras is missing"):
        inspect(FILE)


def test_a_model():
    write_model()
    inspection = inspect(FILE)
    assert inspection.config == functional(dense())
    assert inspection.weights == 4 * 3 + 3


def test_an_archive_with_a_comment_and_without_metadata():
    """Neither is of Keras, and neither does harm."""
    write(FILE, *model()[1:])
    comment = b"x" * 0xFFFF
    FILE.write_bytes(FILE.read_bytes()[:-2] + b"\xff\xff" + comment)
    assert inspect(FILE).weights == 15

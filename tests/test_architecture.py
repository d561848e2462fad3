"""Promises about the package as a whole, checked in processes of their own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kerasdl.backend import installed
from tests.backend_run import quickest

HEAVY = ("keras", "tensorflow", "torch", "jax")


@pytest.fixture(autouse=True)
def keras_that_loads_soonest(monkeypatch: pytest.MonkeyPatch):
    """Without a name, Keras loads TensorFlow."""
    monkeypatch.setenv("KERAS_BACKEND", installed()[0])


def loaded_after(statements: str) -> list[str]:
    """Return which heavy modules are loaded once the statements have run."""
    code = f"""
import contextlib, io, json, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {statements}
print(json.dumps([name for name in {HEAVY} if sys.modules.get(name)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def command(*arguments: str) -> str:
    return f"sys.argv = ['kerasdl', *{arguments!r}]; import kerasdl.cli; kerasdl.cli.main()"


@pytest.mark.parametrize(
    "statements",
    [
        "import kerasdl",
        "import kerasdl.cli",
        "from kerasdl.models import FAMILIES, mlp; import kerasdl.models.families.vit",
        command("keys", "model"),
        "import kerasdl.optimizers.tables, kerasdl.schedules.tables",
        command("--help"),
        command("train", "--help"),
        command("presets"),
        command("keys"),
        command("presets", "show", "mlp"),
        command("runs"),
        command("env"),
        command("train"),
        command("train", "--preset", "nope"),
        command("train", "--preset", "mlp", "--set", "training.epoch=1"),
        command("train", "--preset", "mlp", "--epochs", "0"),
        command("train", "--preset", "mlp", "--backend", "numpy"),
        command("train", "--config", "missing.toml"),
        command("train", "--preset", "mlp", "--set", "schedule.warmup_steps=-1"),
        command("evaluate", "missing"),
    ],
)
def test_answers_without_keras(statements):
    assert loaded_after(statements) == []


def test_what_loads_keras_is_seen():
    assert "keras" in loaded_after("import kerasdl; kerasdl.layers.Dropout")


def modules_after(code: str) -> set[str]:
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_command_loads_keras_without_what_it_does_not_use():
    code = f"""
import sys
import kerasdl.cli.verb
kerasdl.cli.verb.select({quickest()!r})
assert "keras" in sys.modules
unused = {{"matplotlib", "pandas", "IPython", "sklearn", "jax"}} - {{{quickest()!r}}}
assert not unused & {{*sys.modules}}
import matplotlib.figure, pandas, sklearn.metrics
assert "jax" not in sys.modules or sys.modules["jax"] is not None
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_imports_no_heavy_helpers():
    modules = modules_after("import kerasdl.cli")
    assert "click" in modules
    assert not {"numpy", "rich", "sklearn", "kerasdl.config"} & modules


def test_a_config_is_checked_without_scientific_libraries():
    load = "from kerasdl import config; config.load('bert-tiny')"
    assert not {"sklearn", "scipy", "pandas", "rich"} & modules_after(load)


def test_families_load_where_docstrings_are_left_out():
    code = "from kerasdl.models import FAMILIES; print(*FAMILIES)"
    done = subprocess.run(
        [sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True
    )
    assert "mlp" in done.stdout


@pytest.mark.parametrize(
    "statements",
    [
        "import kerasdl.optimizers; kerasdl.optimizers.GradientMonitor; import keras",
        *(
            pytest.param(statements, marks=pytest.mark.slow)
            for statements in (
                "import keras; import kerasdl.optimizers",
                "from kerasdl.optimizers import gradient_monitor; import keras, kerasdl",
            )
        ),
    ],
)
def test_a_package_that_is_used_is_known_to_keras(statements: str):
    """So that saved optimizers of all its classes can be read."""
    names = ["Adam", "AdamW", "SGD", "GradientMonitor", "GradientAccumulator"]
    code = f"""
{statements}
for name in {names}:
    assert keras.saving.get_registered_object(f"kerasdl>{{name}}"), name
assert callable(kerasdl.optimizers.gradient_monitor)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there():
    code = """
import importlib
for name in ("optimizers", "schedules"):
    package = importlib.import_module(f"kerasdl.{name}")
    for public in package.__all__:
        assert callable(getattr(package, public)), public
    exec(f"from kerasdl.{name} import *")
    try:
        package.nothing
    except AttributeError as fault:
        assert f"kerasdl.{name}" in str(fault)
    else:
        raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)


PACKAGE = Path(__file__).parents[1] / "kerasdl"


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"\btask (==|!=|in |not in )", "tasks/"),
        (r"isinstance\([^)]*[Pp]reprocessing", "nowhere"),
        (
            r"\bhasattr\(",
            "backend/|callbacks/callback_state|hugging_face|jobs/environment|gradient_accumulator",
        ),
        (r"(metrics|events)\.jsonl\"\)", "rundir.py"),
        (
            r"json\.loads\(",
            "untrusted.py|backend/settings|jobs/worker|testing/|exports/standalone",
        ),
    ],
)
def test_an_idea_has_one_home(pattern: str, allowed: str):
    """What a task means, what a kind is and how a run is read stand in one place each."""
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        lines = path.read_text().splitlines()
        said = [line.strip() for line in lines if re.search(pattern, line)]
        assert not said or re.search(allowed, place), (place, said)


def test_acceleration_needs_no_scikit_learn_of_ours():
    """Keras itself imports it where it is installed, for its wrappers."""
    code = """
import sys, kerasdl
kerasdl.accelerate
ours = [m for n, m in sys.modules.items() if n.startswith("kerasdl")]
said = {getattr(v, "__module__", None) or getattr(v, "__name__", "") for m in ours for v in vars(m).values()}
print(len(ours), [name for name in said if str(name).startswith(("sklearn", "scipy"))])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    count, _, found = done.stdout.strip().partition(" ")
    assert int(count) > 10
    assert found == "[]"

"""The backend matrix: tests without Keras run once, the others once per backend.

A backend is a process, so plain `pytest` runs what needs no Keras and beside it starts
itself once more for each installed backend; `pytest --backend torch` runs one backend.
As many processes run at a time as there are cores.
"""

import gc
import importlib.metadata
import itertools
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from kerasdl.backend import BACKENDS, installed, select
from tests.backend_run import (
    BEGUN,
    OWN_TESTS_DONE,
    RESULTS,
    TERMINAL,
    BackendRun,
    quickest,
)

TESTS = Path(__file__).parent
NEEDS_KERAS = (
    "backend",
    "benchmarks",
    "callbacks",
    "checkpoint/test_own_loop.py",
    "checkpoint/test_renumbered.py",
    "checkpoint/test_state.py",
    "data/test_token_files.py",
    "initializers",
    "jobs",
    "layers",
    "losses",
    "model_file/test_loading.py",
    "model_file/test_saving.py",
    "models",
    "optimizers",
    "schedules",
    "test_examples.py",
    "test_sklearn.py",
    "weight_files",
)
"""What runs once per backend; the rest runs once, and imports no Keras.

A file named `test_torch.py` or `test_torch_graph.py` runs with PyTorch alone, and so on.
"""
NEEDS_TWO = "cli/test_parity_of_two.py"
"""What compares backends; with one installed there is nothing to compare."""
IN_TURN = ("tensorflow", "torch", "jax")
"""After what one runs for all, so that no process is left to run alone at the end."""
ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "2",  # with one, two operations may wait for each other
    "TF_NUM_INTRAOP_THREADS": "1",
}
"""Beside another process, threads that share one operation wait for each other."""
BEGUN_TESTS = itertools.count(1)
ENDED_MODULES = itertools.count(1)
QUICK_TO_COMPILE = (
    "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
)
"""Flags of the XLA in JAX 0.10, which ends a process that gives unknown ones.

With them it takes half the time to compile a test's many small programs.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=BACKENDS, help="run the tests of one backend")
    parser.addoption(
        "--share",
        choices=("for all", "of each"),
        help="of the tests of one backend, what it runs for all or what each one runs",
    )
    parser.addoption(
        "--optimized",
        action="store_true",
        help="compile as for users, which takes longer",
    )
    parser.addoption(
        "--minutes", type=float, help="begin no test later than so many minutes on"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TERMINAL] = os.dup(1)
    config.stash[OWN_TESTS_DONE] = Event()
    if os.environ.get("ONEDNN_MAX_CPU_ISA") == "AVX2":
        # As where there is no AVX-512. Else TensorFlow asks oneDNN for what the processor
        # has, not for what it may use, and bfloat16 aborts the process.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if capability := os.environ.get("ATEN_CPU_CAPABILITY"):
        # PyTorch's compiler takes from its cache what it made for another one: NaN.
        cache = Path(tempfile.gettempdir(), f"torchinductor-{capability}")
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache))
    if not config.getoption("--optimized"):
        make_jax_quick()
    if backend := config.getoption("--backend"):
        os.environ["KERAS_BACKEND"] = backend
        if backend != "torch" and "torch" in installed():
            import torch  # noqa: F401  can crash when imported after the others
        select(backend)
        compile_as_users_do(config.getoption("--optimized"))


def make_jax_quick() -> None:
    """Ask JAX, here and in processes begun here, to compile in little time and once."""
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "true"
    flags = os.environ.get("XLA_FLAGS", "")
    if QUICK_TO_COMPILE in flags or "jax" not in installed():
        return
    if importlib.metadata.version("jaxlib").startswith("0.10."):
        os.environ["XLA_FLAGS"] = f"{flags} {QUICK_TO_COMPILE}"


def compile_as_users_do(as_they_do: bool) -> None:
    """Let JAX and TensorFlow turn programs into fast or into quickly made code.

    Their tests spend much of their time in optimising what runs a few steps.
    """
    backend = os.environ["KERAS_BACKEND"]
    if backend == "jax":
        import jax

        jax.clear_caches()
        jax.config.update("jax_disable_most_optimizations", not as_they_do)
    if backend == "tensorflow":
        import tensorflow as tf

        options = {"disable_meta_optimizer": not as_they_do}
        tf.config.optimizer.set_experimental_options(options)


def pytest_unconfigure(config: pytest.Config) -> None:
    os.close(config.stash[TERMINAL])


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    place = module_path.relative_to(TESTS)
    needs_keras = any(place.is_relative_to(part) for part in NEEDS_KERAS)
    backend = parent.config.getoption("--backend")
    of_one = re.match(rf"test_({'|'.join(BACKENDS)})(_|\b)", module_path.name)
    others = backend and of_one and of_one[1] != backend
    alone = place == Path(NEEDS_TWO) and len(installed()) < 2
    if needs_keras == bool(backend) and not others and not alone:
        return None  # pytest's own module
    return Elsewhere.from_parent(parent, path=module_path)


class Elsewhere(pytest.Module):
    """A module whose tests another process runs; it is not even imported here."""

    def collect(self) -> list:
        return []


def pytest_itemcollected(item: pytest.Item) -> None:
    backend = item.config.getoption("--backend")
    if item.get_closest_marker("variant") and backend != quickest():
        item.add_marker("slow")


@pytest.hookimpl(trylast=True)  # `-k` and `-m` choose among tests, not backends
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    if backend := config.getoption("--backend"):
        share = config.getoption("--share") or (backend != quickest() and "of each")
        kept = [item for item in items if not share or of_share(item) == share]
        others = {*items} - {*kept}
        items[:] = kept
        config.hook.pytest_deselected(items=[*others])
    elif not config.getoption("collectonly") and installed():
        runs = [(quickest(), "for all")]
        runs += [(name, "of each") for name in IN_TURN if name in installed()]
        items += [
            BackendRun.from_parent(session, backend=name, share=share)
            for name, share in runs
        ]


def of_share(item: pytest.Item) -> str:
    return "for all" if item.get_closest_marker("any_backend") else "of each"


def backend_runs(session: pytest.Session) -> "list[BackendRun]":
    return [item for item in session.items if isinstance(item, BackendRun)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with the backends, beside the tests without Keras."""
    gc.freeze()  # what is imported is not garbage, and a backend is millions of objects
    gc.set_threshold(50_000)
    if not (runs := backend_runs(session)):
        return
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # there may be fewer for this process
        cores = len(os.sched_getaffinity(0))
    if cores < 2 * (len(runs) + 1):
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen=false {flags}"
        os.environ.update(ONE_THREAD | os.environ)
    environment = dict(os.environ)  # tests change that of this process
    pool = ThreadPoolExecutor(cores)
    pool.submit(session.config.stash[OWN_TESTS_DONE].wait)  # they take a core as well
    for item in runs:
        item.done = pool.submit(item.run, environment)
    pool.shutdown(wait=False)


def pytest_report_collectionfinish(items: list[pytest.Item]) -> list[str]:
    names = [item.name for item in items if isinstance(item, BackendRun)]
    return [f"each in a process of its own: {', '.join(names)}"] if names else []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no process behind when this one is stopped."""
    session.config.stash[OWN_TESTS_DONE].set()
    for item in backend_runs(session) if hasattr(session, "items") else []:
        item.stop()


def pytest_runtest_setup(item: pytest.Item) -> None:
    minutes = item.config.getoption("--minutes")
    if minutes is not None and time.monotonic() - BEGUN > 60 * minutes:
        pytest.skip(f"the {minutes:.3g} minutes are over")
    if next(BEGUN_TESTS) % 15 == 0:
        forget_graphs()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    for line in [*config.stash.get(RESULTS, []), f"peak memory {peak / 1e9:.1f} GB"]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let go of what modules built and compiled."""
    yield
    if not (backend := request.config.getoption("--backend")):
        return
    import keras

    keras.utils.clear_session(free_memory=False)
    # PyTorch compiles next to nothing, and looking for garbage takes time.
    if backend == "torch" and next(ENDED_MODULES) % 2:
        return
    if backend == "jax":
        import jax

        jax.clear_caches()
    forget_graphs()
    gc.collect()


def forget_graphs() -> None:
    """Let go of the graphs that TensorFlow keeps, one for each custom gradient."""
    if os.environ.get("KERAS_BACKEND") == "tensorflow" and "tensorflow" in sys.modules:
        from tensorflow.python.framework.ops import gradient_registry

        kept = gradient_registry._registry
        for name in [name for name in kept if name.startswith("CustomGradient-")]:
            del kept[name]


@pytest.fixture
def compiled_for_users(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compile with all optimisations; numbers are rounded as they are for users."""
    compile_as_users_do(True)
    yield
    compile_as_users_do(request.config.getoption("--optimized"))


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every test in an empty folder, so that none writes into the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path

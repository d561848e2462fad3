"""Nothing is ever unpickled, whoever made the checkpoint."""

import ast
import pickle
from pathlib import Path

import numpy as np
import pytest

import kerasdl
from kerasdl import manifest
from kerasdl.checkpoint import files
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError

UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def test_no_module_imports_what_unpickles():
    for path in Path(kerasdl.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
                assert not names & UNSAFE, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in UNSAFE, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, path


class Canary:
    """Leaves a file behind if it is ever unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("canary"),)


@pytest.mark.parametrize("name", [files.ARRAYS, files.DETAILS, manifest.NAME])
@pytest.mark.parametrize("sealed", [False, True], ids=["bare", "sealed"])
def test_a_canary_stays_quiet(tmp_path: Path, name: str, sealed: bool):
    """Even where the digests fit, as a stranger would see to."""
    path = files.write(tmp_path, Snapshot(1, {"weights/w": np.ones(3)}, {}))
    content = {n: (path / n).read_bytes() for n in (files.ARRAYS, files.DETAILS)}
    poison = pickle.dumps(Canary())
    if sealed and name in content:
        seals = {n: manifest.seal(c) for n, c in (content | {name: poison}).items()}
        described = {"format": files.FORMAT, "step": 1, "files": seals}
        (path / manifest.NAME).write_bytes(manifest.to_bytes(described))
    (path / name).write_bytes(poison)
    with pytest.raises(ModelFileError, match="is damaged"):
        files.read(path)
    assert not Path("canary").exists()
    pickle.loads(poison)
    assert Path("canary").exists()  # the canary does sing

"""Run a job in a separate process: `python -m kerasdl.jobs.worker BACKEND FOLDER`.

`job.json` in the folder describes the job. An error that the user can fix is written
there as `fault.json`.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import config as configs
from kerasdl import errors, runs_folder, storage
from kerasdl.backend import Selection, select
from kerasdl.errors import KerasDLError

JOB, FAULT, STDERR, CONFIG = "job.json", "fault.json", "stderr.txt", "config.toml"


def start(folder: Path, job: str, backend: str, **arguments: Any) -> subprocess.Popen:
    """Start a process.

    Args:
        folder: A folder with `config.toml`, which only this process uses meanwhile.
        job: A key of `JOBS`.
        backend: The backend to run it on.
        arguments: Further arguments of the job.
    """
    (folder / FAULT).unlink(missing_ok=True)
    storage.write_json(folder / JOB, {"job": job, **arguments})
    # -P: a numpy.py in the current folder is not imported. -W: warnings are not errors.
    command = ["-P", "-W", "default", "-m", "kerasdl.jobs.worker", backend, str(folder)]
    with (folder / STDERR).open("w") as stderr:  # a pipe could fill up and block
        return subprocess.Popen(
            [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=stderr
        )


def finish(process: subprocess.Popen, folder: Path, backend: str) -> None:
    """Wait for a process, and raise its error. Whatever interrupts it kills the process.

    Raises:
        KerasDLError: The error that it wrote, or one with its last line on stderr.
    """
    try:
        process.wait()
    except BaseException:  # a signal; its folder is about to be removed
        process.kill()
        process.wait()
        raise
    if (file := folder / FAULT).is_file():
        fault = json.loads(file.read_text(encoding="utf-8"))
        raise getattr(errors, fault["kind"])(fault["what"], fault["hint"])
    if process.returncode:
        stderr = (folder / STDERR).read_text(encoding="utf-8", errors="replace")
        lines = stderr.strip().splitlines() or ["no output"]
        what = f"the {backend} process exited with {process.returncode}: {lines[-1]}"
        hint = "run the same command with --debug to see all its output"
        raise KerasDLError(what, hint) from RuntimeError(stderr)


def _record(folder: Path, selection: Selection, download: bool) -> None:
    """Write what a backend computes in the first steps to `<backend>.npz`."""
    from kerasdl.jobs.parity_record import record

    recordings = record(configs.load(file=folder / CONFIG), download)
    arrays = {
        f"{precision}/{stage}/{tensor}": array
        for precision, recording in recordings.items()
        for stage, tensors in recording.items()
        for tensor, array in tensors.items()
    }
    with storage.replacing(folder / f"{selection.name}.npz") as temporary:
        np.savez(temporary, **arrays)  # pyright: ignore[reportArgumentType]


def _train(folder: Path, selection: Selection, run: str, download: bool) -> None:
    from kerasdl.jobs.train import train

    config = configs.load(file=folder / CONFIG)
    path = Path(run)
    train(config, selection, stem="run", path=path, download=download, report=False)


def _resume(folder: Path, selection: Selection, run: str) -> None:
    from kerasdl.jobs.resume import resume

    resume(Path(run), selection, report=False)


def _outputs(folder: Path, selection: Selection, **job: Any) -> None:
    from kerasdl.jobs.other_backends import write_outputs

    write_outputs(folder, **job)


def _export(
    folder: Path, selection: Selection, run: str, output: str, **job: Any
) -> None:
    from kerasdl.jobs.export import export

    export(runs_folder.find(Path(run)), folder=Path(output), **job)


JOBS: dict[str, Callable[..., None]] = {
    "record": _record,
    "train": _train,
    "resume": _resume,
    "outputs": _outputs,
    "export": _export,
}


def main(backend: str, folder: Path) -> None:
    """Run the job that a folder describes."""
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    try:
        selection = select(backend)
        JOBS[job.pop("job")](folder, selection, **job)
    except KerasDLError as fault:
        error = {"kind": type(fault).__name__, "what": fault.what, "hint": fault.hint}
        storage.write_json(folder / FAULT, error)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

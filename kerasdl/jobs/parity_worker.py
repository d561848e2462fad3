"""Record what one backend computes: `python -m kerasdl.jobs.parity_worker B FOLDER …`."""

import sys
from pathlib import Path

import numpy as np

from kerasdl import config as configs
from kerasdl import storage
from kerasdl.backend import select
from kerasdl.errors import KerasDLError


def main(backend: str, folder: Path, download: bool) -> None:
    """Follow `config.toml` of a folder; leave there `<backend>.npz`, or `fault.json`."""
    try:
        select(backend)

        from kerasdl.jobs.parity_record import record

        recordings = record(configs.load(file=folder / "config.toml"), download)
        arrays = {
            f"{precision}/{stage}/{tensor}": array
            for precision, recording in recordings.items()
            for stage, tensors in recording.items()
            for tensor, array in tensors.items()
        }
        with storage.replacing(folder / f"{backend}.npz") as temporary:
            np.savez(temporary, **arrays)  # pyright: ignore[reportArgumentType]
    except KerasDLError as fault:
        told = {"kind": type(fault).__name__, "what": fault.what, "hint": fault.hint}
        storage.write_json(folder / "fault.json", told)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), "download" in sys.argv[3:])

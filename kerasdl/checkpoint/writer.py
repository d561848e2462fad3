"""Writing beside training, one checkpoint after another."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path

from kerasdl import storage
from kerasdl.checkpoint import files
from kerasdl.checkpoint.snapshot import Snapshot

_writing: dict[Path, Future[None]] = {}
"""The last write into each folder, by whomever in this process."""


class Writer:
    """Writes checkpoints in a thread of its own, and prunes the old ones.

    A fault of the disk is raised by the next call that waits.

    Args:
        folder: Where they go.
        keep: How many of the newest stay.
    """

    def __init__(self, folder: Path, keep: int):
        self.folder = folder
        self.keep = keep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None
        self.seconds = 0.0
        """What the last one took to write."""

    def write(self, snapshots: Sequence[Snapshot], best: dict | None = None) -> None:
        """Begin to write checkpoints, once those before are written.

        Args:
            snapshots: What to write, in the order of their steps.
            best: What `best.json` shall hold from now on.
        """
        self.wait()
        self._writing = self._thread.submit(self._write, snapshots, best)
        _writing[self.folder.resolve()] = self._writing

    def settle(self) -> None:
        """Wait for what a training before, ended by an error, may still write here.

        Raises:
            StorageError: If it was this writer's, and the disk refused.
        """
        if before := _writing.get(self.folder.resolve()):
            wait_for([before])
        self.wait()

    def wait(self) -> None:
        """Wait until nothing is being written.

        Raises:
            StorageError: If the disk refused what was being written.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    @property
    def failed(self) -> bool:
        """Whether the disk refused the last checkpoint."""
        writing = self._writing
        return bool(writing and writing.done() and writing.exception())

    def _write(self, snapshots: Sequence[Snapshot], best: dict | None) -> None:
        begin = time.perf_counter()
        for snapshot in snapshots:
            files.write(self.folder, snapshot)
        if best:
            storage.write_json(self.folder / "best.json", best)
        newest = snapshots[-1].step
        files.prune(self.folder, newest, self.keep, best["step"] if best else None)
        self.seconds = time.perf_counter() - begin

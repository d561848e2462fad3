"""A background writer of checkpoints."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path

from kerasdl import storage
from kerasdl.checkpoint import files
from kerasdl.checkpoint.snapshot import Snapshot

_writing: dict[Path, Future[None]] = {}
"""The last write into each folder by any writer of this process."""


class Writer:
    """Write checkpoints in a background thread, and prune old ones.

    If writing fails, the next call that waits raises.

    Args:
        folder: Where the checkpoints are.
        keep: Number of newest checkpoints that stay.
    """

    def __init__(self, folder: Path, keep: int):
        self.folder = folder
        self.keep = keep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None
        self.seconds = 0.0
        """Seconds that the last write took."""

    def write(self, snapshots: Sequence[Snapshot], best: dict | None = None) -> None:
        """Start writing checkpoints, after waiting for the previous write.

        Args:
            snapshots: What to write, in the order of their steps.
            best: The new contents of `best.json`.
        """
        self.wait()
        self._writing = self._thread.submit(self._write, snapshots, best)
        _writing[self.folder.resolve()] = self._writing

    def settle(self) -> None:
        """Wait for writes of an earlier training that ended with an error.

        Raises:
            StorageError: If a write of this writer failed.
        """
        if earlier := _writing.get(self.folder.resolve()):
            wait_for([earlier])
        self.wait()

    def wait(self) -> None:
        """Wait until nothing is being written.

        Raises:
            StorageError: If the write failed.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    @property
    def failed(self) -> bool:
        """Whether the last write failed."""
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

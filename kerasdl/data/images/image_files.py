"""Image files, before preprocessing."""

import hashlib
import itertools
import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from kerasdl import untrusted
from kerasdl.data.images.crop import BoxOf
from kerasdl.data.images.form import Form
from kerasdl.data.row_chunks import row_chunks
from kerasdl.data.table.table import Table
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError

KEPT_BYTES = 1 << 30
"""Bytes of decoded images that are kept in memory."""
AT_ONCE = 1_024
"""Files that threads are given at a time."""


@dataclass(frozen=True)
class ImageFiles:
    """The images of a folder or a table, and the target of each.

    Args:
        source: Path of the folder or of the table, for messages.
        names: Paths of the images, relative to the folder.
        labels: Class of each image by its folder; empty if they have none.
        part: `"train"`, `"validation"` or `"test"` for each image; empty if the data do
            not say.
        skipped: What was left out of the folder, and why.
        folder: The folder, if it is not `source`.
        given: Raw targets that a table gives, of shape `(images,)` or `(images,
            targets)`; None if it gives none.
        table: The table that names the images, if one does.
        test: The test images, if they stand elsewhere.
    """

    source: str
    names: tuple[str, ...]
    labels: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    folder: str = ""
    given: np.ndarray | None = None
    table: Table | None = None
    test: "ImageFiles | None" = None
    decoded: dict[Form, np.ndarray] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Pixels of all images, by form, where they are kept."""

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.names)

    @property
    def targets(self) -> np.ndarray | None:
        """Raw target of each image, or None if they have none."""
        return np.array(self.labels, object) if self.labels else self.given

    def sha256(self) -> str:
        """Return a digest that identifies the images and their targets."""
        whole = hashlib.sha256()
        for name, content in zip(self.names, self.digests, strict=True):
            whole.update(f"{len(name)} {name}".encode("utf-8", "surrogateescape"))
            whole.update(content.data)
        others = [each.sha256() for each in (self.table, self.test) if each is not None]
        return "+".join([whole.hexdigest(), *others])

    @cached_property
    def digests(self) -> np.ndarray:
        """SHA-256 of the bytes of each file, uint8 of shape `(images, 32)`."""
        digests = np.empty((len(self.names), 32), "uint8")

        def digest(row: int) -> None:
            with untrusted.open_file(self.path(row)) as file:
                whole = hashlib.file_digest(cast(Any, file), "sha256")
            digests[row] = np.frombuffer(whole.digest(), "uint8")

        in_threads(digest, range(len(self.names)))
        return digests

    @property
    def keys(self) -> np.ndarray:
        """A number for each file that tells it from others, uint64 of `(images,)`."""
        return np.ascontiguousarray(self.digests[:, :8]).view("uint64").ravel()

    @cached_property
    def are_gray(self) -> bool:
        """Whether no image has colours, by its header.

        Raises:
            UnsafeError: If an image has too many pixels, or is no regular file.
        """
        from kerasdl.data.images.decode import is_gray  # Pillow

        return all(in_threads(is_gray, map(self.path, range(len(self.names)))))

    def path(self, row: int) -> Path:
        """Return the path of an image."""
        return Path(self.folder or self.source, self.names[row])

    def pixels(self, rows: np.ndarray, form: Form) -> np.ndarray:
        """Return decoded images, uint8 of shape `(images, height, width, channels)`.

        Args:
            rows: Integers of shape `(images,)`.
            form: The form of the images.

        Raises:
            DataError: If images are damaged; names up to 20 of them.
            UnsafeError: If an image has too many pixels.
        """
        if form in self.decoded:
            return self.decoded[form][rows]
        damaged: dict[str, str] = {}
        pixels = self._decoded(rows, form, damaged)
        if damaged:
            raise self._damaged(damaged)
        return pixels

    def each(
        self,
        rows: np.ndarray,
        form: Form,
        use: Callable[[int, Any], None],
        boxes: Sequence[BoxOf] | None = None,
    ) -> None:
        """Hand each image over with its place among the rows, in threads.

        Args:
            rows: Integers of shape `(images,)`.
            form: The form of the images.
            use: Called with a place and an `Image` of Pillow.
            boxes: What cuts a part out of each; None for `form.box`.

        Raises:
            DataError: If images are damaged; names up to 20 of them.
            UnsafeError: If an image has too many pixels.
        """
        damaged: dict[str, str] = {}
        self._each(rows, form, use, damaged, boxes)
        if damaged:
            raise self._damaged(damaged)

    def check(self, form: Form) -> None:
        """Decode every image once, and keep the pixels if they take little memory.

        Raises:
            DataError: If images are damaged; names up to 20 of them.
            UnsafeError: If an image has too many pixels.
        """
        rows, damaged = np.arange(len(self.names)), dict[str, str]()
        is_kept = len(rows) * math.prod(form.shape) <= KEPT_BYTES
        for part in [rows] if is_kept else row_chunks(rows, form.shape):
            pixels = self._decoded(part, form, damaged)
            if is_kept and not damaged:
                self.decoded[form] = pixels
        if damaged:
            raise self._damaged(damaged)

    def _decoded(
        self, rows: np.ndarray, form: Form, damaged: dict[str, str]
    ) -> np.ndarray:
        pixels = np.zeros((len(rows), *form.shape), "uint8")

        def keep(place: int, image: Any) -> None:
            pixels[place] = np.asarray(image).reshape(form.shape)

        self._each(rows, form, keep, damaged)
        return pixels

    def _each(
        self,
        rows: np.ndarray,
        form: Form,
        use: Callable[[int, Any], None],
        damaged: dict[str, str],
        boxes: Sequence[BoxOf] | None = None,
    ) -> None:
        """Hand each image over; those that are damaged are named in `damaged`."""
        from kerasdl.data.images.decode import DamagedImageError, decode
        from kerasdl.data.images.move import as_image

        kept = self.decoded.get(form) if boxes is None else None

        def use_one(place: int) -> None:
            row = int(rows[place])
            box_of = boxes[place] if boxes else None
            try:
                if kept is None:
                    image = decode(self.path(row), form, box_of)
                else:
                    image = as_image(kept[row])
            except DamagedImageError as fault:
                damaged[self.names[row]] = str(fault)
            else:
                use(place, image)

        in_threads(use_one, range(len(rows)))

    def _damaged(self, damaged: dict[str, str]) -> DataError:
        lines = [f"{name}: {damaged[name]}" for name in sorted(damaged)]
        count = "1 image" if len(lines) == 1 else f"{len(lines):,} images"
        what = f"{count} of {self.source} cannot be decoded: {named(lines)}"
        return DataError(what, "replace them, or remove them")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, "kerasdl-images")


def in_threads(function: Callable, values: Iterable) -> list:
    """Return what a function returns for each value, in their order."""
    waiting, returned = iter(values), list[Any]()
    while some := [*itertools.islice(waiting, AT_ONCE)]:
        returned += _pool().map(function, some)
    return returned

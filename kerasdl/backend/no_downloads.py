"""Keras without the network."""

import contextlib
from collections.abc import Iterator
from typing import Any

from kerasdl.backend.keras_internals import DOWNLOADING


class DownloadRefusedError(BaseException):
    """A download that nobody asked for.

    For an `Exception`, Keras would remove what is in its cache.
    """


@contextlib.contextmanager
def no_downloads() -> Iterator[None]:
    """Let `keras.datasets` find what is cached, and raise instead of downloading.

    Raises:
        DownloadRefusedError: Instead of a download.
    """

    def refuse(url: str, *_: Any) -> None:
        raise DownloadRefusedError(url)

    retrieve = DOWNLOADING.get()
    DOWNLOADING.set(refuse)
    try:
        yield
    finally:
        DOWNLOADING.set(retrieve)

"""A context in which Keras does not download."""

import contextlib
from collections.abc import Iterator
from typing import Any

from kerasdl.backend.keras_internals import URLRETRIEVE


class DownloadRefusedError(BaseException):
    """A download that was blocked.

    It derives from `BaseException`: on an `Exception`, Keras removes cached files.
    """


@contextlib.contextmanager
def no_downloads() -> Iterator[None]:
    """Let `keras.datasets` read its cache, and raise instead of downloading.

    Raises:
        DownloadRefusedError: Instead of a download.
    """

    def refuse(url: str, *_: Any) -> None:
        raise DownloadRefusedError(url)

    retrieve = URLRETRIEVE.get()
    URLRETRIEVE.set(refuse)
    try:
        yield
    finally:
        URLRETRIEVE.set(retrieve)

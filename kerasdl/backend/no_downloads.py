"""Keras without the network."""

import contextlib
from collections.abc import Iterator
from typing import Any

from keras.src.utils import file_utils


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

    retrieve = file_utils.urlretrieve
    file_utils.urlretrieve = refuse
    try:
        yield
    finally:
        file_utils.urlretrieve = retrieve

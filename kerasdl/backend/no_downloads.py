"""Keras without the network."""

import contextlib
from collections.abc import Iterator
from typing import Any

from keras.src.utils import file_utils


class DownloadRefusedError(Exception):
    """A download that nobody asked for."""


@contextlib.contextmanager
def no_downloads() -> Iterator[None]:
    """Let `keras.datasets` find what is cached, and raise instead of downloading.

    Raises:
        DownloadRefusedError: Instead of a download.
    """

    def refuse(url: str, *_: Any) -> None:
        nonlocal refused
        refused = True
        raise DownloadRefusedError(url)

    refused, retrieve = False, file_utils.urlretrieve
    file_utils.urlretrieve = refuse
    try:
        yield
    except Exception as fault:
        if refused:  # whatever Keras has made of it
            raise DownloadRefusedError from fault
        raise
    finally:
        file_utils.urlretrieve = retrieve

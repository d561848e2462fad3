"""Keep what libraries write past Python to the standard error from users."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def without_notices(shown_at_a_fault: bool = True) -> Iterator[None]:
    """Hide what is written to file descriptor 2.

    Args:
        shown_at_a_fault: Whether it is printed if the body raises.
    """
    if sys.stderr is None:  # closed by the caller: nothing to hide
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as notices, _duplicate(2) as stderr:
        os.dup2(notices.fileno(), 2)
        try:
            yield
        except BaseException:
            if shown_at_a_fault:
                notices.seek(0)
                os.write(stderr, notices.read())
            raise
        finally:
            os.dup2(stderr, 2)


@contextlib.contextmanager
def _duplicate(descriptor: int) -> Iterator[int]:
    copy = os.dup(descriptor)
    try:
        yield copy
    finally:
        os.close(copy)

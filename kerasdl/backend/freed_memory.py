"""Memory that was freed, given back to the operating system."""

import ctypes
import sys


def give_back() -> None:
    """Give back what the C library keeps of freed memory.

    That of Linux keeps the holes between arrays, which are lost where the next array is
    a little larger.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

"""Memory that was freed, given back to the operating system."""

import ctypes
import sys


def trim_memory() -> None:
    """Give back what the C library of Linux keeps of freed memory.

    It keeps holes between arrays, in which a slightly larger array does not fit.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

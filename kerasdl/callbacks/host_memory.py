"""Memory of this process."""

import resource
import sys
from pathlib import Path


def peak_resident_bytes() -> int:
    """Return the most memory that this process has had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_bytes() -> int:
    """Return the memory that this process has resident; its peak where unknown."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return peak_resident_bytes()
    return int(pages) * resource.getpagesize()

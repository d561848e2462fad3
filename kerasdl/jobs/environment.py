"""Where a run happened: versions, devices and the command; imports no Keras."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
from collections.abc import Sequence
from typing import Any

from kerasdl import __version__, backend
from kerasdl.config import Config

PACKAGES = ("keras", "numpy", "scikit-learn", *backend.BACKENDS)


def versions() -> dict[str, str | None]:
    """Return the version of each package that matters, None where it is missing."""
    found: dict[str, str | None] = {
        "python": platform.python_version(),
        "kerasdl": __version__,
    }
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def machine() -> dict[str, Any]:
    """Return the platform and how many threads this process may run at once."""
    counts_own = hasattr(os, "sched_getaffinity")  # Linux; others count all cores
    cores = len(os.sched_getaffinity(0)) if counts_own else os.cpu_count()
    return {"platform": platform.platform(), "threads": cores}


def environment(
    selection: backend.Selection, config: Config, arguments: Sequence[str]
) -> dict[str, Any]:
    """Return what `environment.json` holds."""
    return {
        "versions": versions(),
        "backend": selection.name,
        "backend_chosen_by": selection.reason,
        "devices": backend.current().devices(),
        **machine(),
        "seed": config.training.seed,
        "arguments": list(arguments),
        "git_sha": _git_sha(),
    }


def _git_sha() -> str | None:
    """Return the commit of the working directory, None outside a repository."""
    try:
        command = ["git", "rev-parse", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()

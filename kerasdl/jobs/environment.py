"""The environment of a run: versions, devices and command; imports no Keras."""

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
    """Return the version of each relevant package, None if it is missing."""
    installed: dict[str, str | None] = {
        "python": platform.python_version(),
        "kerasdl": __version__,
    }
    for package in PACKAGES:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            installed[package] = None
    return installed


def machine() -> dict[str, Any]:
    """Return the platform, and the number of threads this process may run."""
    has_affinity = hasattr(os, "sched_getaffinity")  # Linux; others count all cores
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count()
    return {"platform": platform.platform(), "threads": cores}


def environment(
    selection: backend.Selection, config: Config, arguments: Sequence[str]
) -> dict[str, Any]:
    """Return the content of `environment.json`."""
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

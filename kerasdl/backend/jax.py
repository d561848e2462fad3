"""JAX."""

import jax
import numpy as np


def seed(seed: int) -> None:
    """Do nothing: JAX keeps no global generator."""


def devices() -> list[str]:
    """Return the devices JAX sees."""
    return [f"{device.platform}:{device.id}" for device in jax.devices()]


def peak_device_memory_bytes() -> int | None:
    """Return the most accelerator memory used so far; None without accelerator."""
    if jax.default_backend() == "cpu":
        return None
    statistics = [device.memory_stats() or {} for device in jax.local_devices()]
    return sum(entry.get("peak_bytes_in_use", 0) for entry in statistics)


def random_states() -> dict[str, np.ndarray]:
    """Return nothing: JAX keeps no global generator."""
    return {}


def set_random_states(states: dict[str, np.ndarray]) -> None:
    """Do nothing: JAX keeps no global generator."""

"""What kerasdl asks of a backend beyond what Keras offers."""

from typing import Protocol


class Backend(Protocol):
    """One backend; each module beside this one is an implementation."""

    def seed(self, seed: int) -> None:
        """Seed the backend's own generators, for layers that draw from them."""
        ...

    def devices(self) -> list[str]:
        """Return the accelerators and processors it sees, such as `cuda:0` or `cpu`."""
        ...

    def peak_device_memory_bytes(self) -> int | None:
        """Return the most accelerator memory used so far; None without accelerator."""
        ...

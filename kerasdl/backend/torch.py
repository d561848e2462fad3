"""PyTorch."""

import torch


def seed(seed: int) -> None:
    """Seed PyTorch's generators."""
    torch.manual_seed(seed)


def devices() -> list[str]:
    """Return the devices PyTorch sees."""
    count = torch.cuda.device_count()
    return [f"cuda:{index}" for index in range(count)] or ["cpu"]


def peak_device_memory_bytes() -> int | None:
    """Return the most accelerator memory used so far; None without accelerator."""
    if not torch.cuda.is_available():
        return None
    count = torch.cuda.device_count()
    return sum(torch.cuda.max_memory_allocated(index) for index in range(count))

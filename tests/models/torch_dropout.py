"""Dropout in PyTorch with the masks of kerasdl."""

from collections.abc import Callable

import torch

from tests.layers.test_random_bits import reference


class SameDropout(torch.nn.Module):
    """Dropout with a rate of its own in each step."""

    def __init__(self, seed: int, rate: Callable[[int], float]):
        super().__init__()
        self.seed = seed
        self.rate = rate
        self.step = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rate = self.rate(self.step)
        bits = reference(x.numel(), self.seed, self.step).reshape(x.shape)
        self.step += 1
        return x * torch.tensor(bits >= round(rate * 2**32) - 2**31) / (1 - rate)

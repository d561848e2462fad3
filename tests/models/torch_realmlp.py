"""RealMLP-TD as one writes it in PyTorch, without kerasdl.

Holzmüller, Grinsztajn & Steinwart 2024, https://arxiv.org/abs/2407.04491.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Numbers(nn.Module):
    """PBLD embeddings of numbers `(batch, features)`."""

    def __init__(self, features: int, waves: int = 16, units: int = 4):
        super().__init__()
        self.frequency = nn.Parameter(0.1 * torch.randn(features, waves))
        self.phase = nn.Parameter(math.pi * (2 * torch.rand(features, waves) - 1))
        bound = waves**-0.5
        kernel = bound * (2 * torch.rand(features, waves, units - 1) - 1)
        self.kernel = nn.Parameter(kernel)
        self.offset = nn.Parameter(bound * (2 * torch.rand(features, units - 1) - 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        waves = torch.cos(2 * math.pi * x[:, :, None] * self.frequency + self.phase)
        linear = (waves[..., None] * self.kernel).sum(2) + self.offset
        return torch.cat([x[:, :, None], linear], 2).flatten(1)


class Scale(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gamma


class Dense(nn.Module):
    """A linear layer in the neural tangent parametrisation."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.kernel / math.sqrt(len(self.kernel)) + self.bias


class Share(nn.Module):
    """A parametric activation."""

    def __init__(self, features: int, activation: str):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(features))
        self.activation = getattr(functional, activation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (1 - self.alpha) * x + self.alpha * self.activation(x)


class TorchRealMLP(nn.Module):
    def __init__(
        self,
        features: int,
        outputs: int,
        hidden: Sequence[int] = (256, 256, 256),
        activation: str = "selu",
        indicators: int = 0,
        cardinalities: Sequence[int] = (),
        dropout: float = 0.15,
    ):
        super().__init__()
        self.count = features - indicators - len(cardinalities)
        self.codes = features - len(cardinalities)
        self.numbers = Numbers(self.count) if self.count else None
        self.categories = nn.ModuleList(nn.Embedding(n, 8) for n in cardinalities)
        width = 4 * self.count + indicators + 8 * len(cardinalities)
        self.scale = Scale(width)
        layers: list[nn.Module] = []
        for units in hidden:
            dropped = nn.Dropout(dropout)
            layers += [Dense(width, units), Share(units, activation), dropped]
            width = units
        self.layers = nn.Sequential(*layers, Dense(width, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [self.numbers(x[:, : self.count])] if self.numbers else []
        parts.append(x[:, self.count : self.codes])
        for column, vectors in enumerate(self.categories):
            parts.append(vectors(x[:, self.codes + column].long()))
        return self.layers(self.scale(torch.cat(parts, 1)))


def groups(
    model: TorchRealMLP, rate: float, decay: float = 0.02
) -> list[dict[str, Any]]:
    """Return a parameter group for each weight."""
    found = []
    for name, weight in model.named_parameters():
        factor = 1.0
        if name.startswith("numbers") or name.endswith(("bias", "alpha")):
            factor = 0.1
        elif name.endswith("gamma"):
            factor = 6.0
        kept = 0.0 if name.endswith("bias") else decay
        found.append({"params": [weight], "lr": rate * factor, "weight_decay": kept})
    return found


def coslog(done: float) -> float:
    """Return the factor of the rate after a share of the training."""
    return (1 - math.cos(2 * math.pi * math.log2(1 + 15 * done))) / 2


def flat_cosine(done: float) -> float:
    """Return the factor of decay and dropout after a share of the training."""
    return 1.0 if done < 0.5 else (1 + math.cos(2 * math.pi * (done - 0.5))) / 2

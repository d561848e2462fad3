"""MobileNets in PyTorch, with the modules and names of torchvision."""

from typing import Any

import pytest

from kerasdl.models.mobilenet_tables import NETWORKS, Block

torch = pytest.importorskip("torch")
nn = torch.nn
KINDS = {"relu": nn.ReLU, "relu6": nn.ReLU6, "hard_silu": nn.Hardswish}


def convolved(
    inputs: int, filters: int, size: int, activation: str, epsilon: float,
    strides: int = 1, groups: int = 1,
) -> Any:  # fmt: skip
    return nn.Sequential(
        nn.Conv2d(inputs, filters, size, strides, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(filters, epsilon),
        *([KINDS[activation]()] if activation else []),
    )


class Squeezed(nn.Module):
    def __init__(self, channels: int, between: int):
        super().__init__()
        self.fc1, self.fc2 = (
            nn.Conv2d(*sizes, 1) for sizes in ((channels, between), (between, channels))
        )

    def forward(self, x: Any) -> Any:
        means = x.mean((2, 3), keepdim=True)
        gates = self.fc2(torch.relu(self.fc1(means)))
        return x * nn.functional.hardsigmoid(gates)


class Inverted(nn.Module):
    def __init__(self, channels: int, block: Block, between: int, is_v2: bool):
        super().__init__()
        epsilon = 1e-5 if is_v2 else 1e-3
        kind, inner, size = block.activation, block.inner, block.kernel_size
        parts = [convolved(inner, inner, size, kind, epsilon, block.strides, inner)]
        if inner != channels:
            parts.insert(0, convolved(channels, inner, 1, kind, epsilon))
        if block.squeezes:
            parts.append(Squeezed(inner, between))
        last = convolved(inner, block.filters, 1, "", epsilon)
        parts += [*last] if is_v2 else [last]
        setattr(self, "conv" if is_v2 else "block", nn.Sequential(*parts))
        self.parts = [*parts]
        self.adds = block.strides == 1 and channels == block.filters

    def forward(self, x: Any) -> Any:
        y = x
        for part in self.parts:
            y = part(y)
        return x + y if self.adds else y


class MobileNet(nn.Module):
    def __init__(self, variant: str, classes: int, between: list[int]):
        super().__init__()
        network, is_v2 = NETWORKS[variant], variant == "v2"
        epsilon, kind = 1e-5 if is_v2 else 1e-3, network.activation
        parts = [convolved(3, network.stem, 3, kind, epsilon, 2)]
        channels = network.stem
        for block, squeezed in zip(network.blocks, between, strict=True):
            parts.append(Inverted(channels, block, squeezed, is_v2))
            channels = block.filters
        parts.append(convolved(channels, network.last, 1, kind, epsilon))
        self.features = nn.Sequential(*parts)
        last = nn.Linear(network.hidden or network.last, classes)
        self.classifier = nn.Sequential(nn.Dropout(0.2), last)
        if network.hidden:
            hidden = nn.Linear(network.last, network.hidden)
            self.classifier = nn.Sequential(hidden, nn.Hardswish(), nn.Dropout(), last)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x).mean((2, 3)))

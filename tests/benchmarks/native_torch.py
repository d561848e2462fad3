"""The five models and their training loop, written by hand in PyTorch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.layouts import Part, nest

Epoch = Callable[[np.ndarray], tuple[float, float]]


def trainer(
    name: str,
    weights: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    dropout: float = 0.2,
) -> Epoch:
    """Return what trains one epoch and returns its mean loss and accuracy.

    It takes the rows of each batch, `(steps, batch size)`.
    """
    model = module(name, weights, dropout)
    optimizer = adamw(model)
    inputs, classes = tensors(x, y)

    def epoch(order: np.ndarray) -> tuple[float, float]:
        loss_total = torch.zeros(())
        correct = torch.zeros((), dtype=torch.int64)
        model.train()
        for rows in torch.from_numpy(order):
            batch, target = inputs[rows], classes[rows]
            logits = model(batch)
            loss = functional.cross_entropy(logits, target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            loss_total += loss.detach()
            correct += (logits.argmax(1) == target).sum()
        return loss_total.item() / len(order), correct.item() / order.size

    return epoch


def module(name: str, weights: Sequence[np.ndarray], dropout: float) -> nn.Module:
    """Return the model with the weights of the Keras model."""
    parts, _ = nest(name, weights)  # new norms begin with the same statistics
    return MODULES[name](parts, dropout)


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    # A frozen bias is not even handed over.
    trainable = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW(trainable, lr=1e-3, eps=1e-7, weight_decay=1e-2)


def tensors(x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs, images as `(rows, channels, height, width)`, and classes."""
    if x.ndim == 4:
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return torch.from_numpy(x), torch.from_numpy(y)


def mlp_small(parts: Part, dropout: float) -> nn.Module:
    layers = []
    for block in parts["blocks"]:
        layers += [_linear(block["dense"]), _norm(nn.BatchNorm1d, block["norm"])]
        layers += [nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, _linear(parts["head"]))


def mlp(parts: Part, dropout: float) -> nn.Module:
    layers = []
    for part in parts["layers"]:
        layers += [_linear(part), nn.ReLU()]
    return nn.Sequential(*layers, _linear(parts["head"]))


class LSTM(nn.Module):
    def __init__(self, parts: Part, dropout: float):
        super().__init__()
        features, width = parts["layers"][0]["kernel"].shape
        self.lstm = nn.LSTM(features, width // 4, num_layers=2, batch_first=True)
        for layer, part in enumerate(parts["layers"]):
            _fill(getattr(self.lstm, f"weight_ih_l{layer}"), part["kernel"].T)
            _fill(getattr(self.lstm, f"weight_hh_l{layer}"), part["recurrent"].T)
            _fill(getattr(self.lstm, f"bias_ih_l{layer}"), part["bias"])
            # Keras has one bias a layer: training both would move their sum twice.
            unused = getattr(self.lstm, f"bias_hh_l{layer}")
            nn.init.zeros_(unused).requires_grad_(False)
        self.head = _linear(parts["head"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(x)
        return self.head(states[:, -1])


class Transformer(nn.Module):
    def __init__(self, parts: Part, dropout: float):
        super().__init__()
        self.tokens = nn.Embedding.from_pretrained(
            torch.tensor(parts["tokens"]), freeze=False
        )
        self.positions = nn.Parameter(torch.tensor(parts["positions"]))
        self.blocks = nn.Sequential(*map(TransformerBlock, parts["blocks"]))
        self.norm = _norm(nn.LayerNorm, parts["norm"])
        self.head = _linear(parts["head"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.tokens(x) + self.positions)
        return self.head(self.norm(x).mean(1))


class TransformerBlock(nn.Module):
    def __init__(self, parts: Part):
        super().__init__()
        width, self.heads, _ = parts["query"]["kernel"].shape
        three = [parts[name] for name in ("query", "key", "value")]
        kernel = np.concatenate([p["kernel"].reshape(width, -1) for p in three], 1)
        bias = np.concatenate([p["bias"].ravel() for p in three])
        self.norm_1 = _norm(nn.LayerNorm, parts["norm_1"])
        self.qkv = _linear({"kernel": kernel, "bias": bias})
        out = parts["out"]["kernel"].reshape(-1, width)
        self.out = _linear({"kernel": out, "bias": parts["out"]["bias"]})
        self.norm_2 = _norm(nn.LayerNorm, parts["norm_2"])
        self.up = _linear(parts["up"])
        self.down = _linear(parts["down"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm_1(x))
        return x + self.down(functional.gelu(self.up(self.norm_2(x))))

    def attention(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # (batch, heads, length, dim)
        y = functional.scaled_dot_product_attention(query, key, value)
        return self.out(y.transpose(1, 2).reshape(batch, length, -1))


class CNN(nn.Module):
    def __init__(self, parts: Part, dropout: float):
        super().__init__()
        self.stem = _convolution(parts["stem"])
        self.stem_norm = _norm(nn.BatchNorm2d, parts["stem_norm"])
        self.blocks = nn.Sequential(*map(ResidualBlock, parts["blocks"]))
        self.head = _linear(parts["head"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.stem_norm(self.stem(x)))
        return self.head(self.blocks(x).mean((2, 3)))


class ResidualBlock(nn.Module):
    def __init__(self, parts: Part):
        super().__init__()
        projects = "shortcut" in parts
        self.conv_1 = _convolution(parts["conv_1"], stride=2 if projects else 1)
        self.norm_1 = _norm(nn.BatchNorm2d, parts["norm_1"])
        self.conv_2 = _convolution(parts["conv_2"])
        self.norm_2 = _norm(nn.BatchNorm2d, parts["norm_2"])
        self.shortcut = nn.Identity()
        if projects:
            self.shortcut = nn.Sequential(
                _convolution(parts["shortcut"], stride=2),
                _norm(nn.BatchNorm2d, parts["shortcut_norm"]),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.norm_1(self.conv_1(x)))
        y = self.norm_2(self.conv_2(y))
        return functional.relu(y + self.shortcut(x))


def _linear(part: Part) -> nn.Linear:
    layer = nn.Linear(*part["kernel"].shape)
    _fill(layer.weight, part["kernel"].T)
    _fill(layer.bias, part["bias"])
    return layer


def _convolution(kernel: np.ndarray, stride: int = 1) -> nn.Conv2d:
    size, _, channels, filters = kernel.shape
    padding = size // 2
    layer = nn.Conv2d(channels, filters, size, stride, padding, bias=False)
    _fill(layer.weight, kernel.transpose(3, 2, 0, 1))
    return layer


def _norm(kind: Callable[[int], Any], part: Part) -> nn.Module:
    layer = kind(len(part["gamma"]))
    _fill(layer.weight, part["gamma"])
    _fill(layer.bias, part["beta"])
    return layer


def _fill(parameter: torch.Tensor, values: np.ndarray) -> None:
    assert parameter.shape == values.shape
    with torch.no_grad():
        parameter.copy_(torch.tensor(values))


MODULES: dict[str, Callable[[Part, float], nn.Module]] = {
    "mlp-small": mlp_small,
    "mlp": mlp,
    "lstm": LSTM,
    "transformer": Transformer,
    "cnn": CNN,
}

"""TabM as one writes it in PyTorch, without kerasdl: one member after the other.

Gorishniy, Kotelnikov & Babenko 2025, https://arxiv.org/abs/2410.24210.
"""

import itertools
from typing import Any

import keras
import numpy as np
import torch
from torch import nn


def bins(x: np.ndarray, most: int) -> list[np.ndarray]:
    """Return the edges of the bins of each feature."""
    shares = np.linspace(0, 1, most + 1)
    return [np.unique(np.quantile(column, shares).astype("float32")) for column in x.T]


def encoding(x: torch.Tensor, edges: np.ndarray) -> list[torch.Tensor]:
    """Return the place of the values of a feature in each of its bins."""
    places = []
    for number, (left, right) in enumerate(itertools.pairwise(edges)):
        place = (x - float(left)) / (float(right) - float(left))
        if number > 0:
            place = torch.relu(place)
        if number < len(edges) - 2:
            place = 1 - torch.relu(1 - place)
        places.append(place)
    return places


class TorchTabM(nn.Module):
    """The model with the weights of another one, by their paths.

    Args:
        model: The Keras model.
        edges: The edges of the bins of each number.
        hidden: Number of hidden layers.
    """

    def __init__(self, model: keras.Model, edges: list[np.ndarray], hidden: int):
        super().__init__()
        self.edges, self.hidden = edges, hidden
        self.weights = nn.ParameterDict()
        for weight in model.trainable_variables:
            values = keras.ops.convert_to_numpy(weight.value)
            self.weights[self.key(weight.path)] = nn.Parameter(torch.tensor(values))
        self.dropout = nn.ModuleList(nn.Identity() for _ in range(hidden))

    @staticmethod
    def key(path: str) -> str:
        return path.replace("/", ":")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs of all members, `(batch, members, outputs)`."""
        w, parts = self.weights, []
        for feature, edges in enumerate(self.edges):
            column = x[:, feature, None]
            part = w["numbers:scale"][feature] * column + w["numbers:bias"][feature]
            for number, place in enumerate(encoding(column, edges)):
                part = part + place * w["numbers:kernel"][feature, number]
            parts.append(part)
        h = torch.cat([*parts, x[:, len(self.edges) :]], 1)
        members = [h] * len(w["dense_1:bias"])
        for layer in range(1, self.hidden + 1):
            of = f"dense_{layer}"
            outputs = []
            for member, h in enumerate(members):
                kernel = w[f"{of}:kernel"] * w[f"{of}:output_factors"][member]
                h = (h * w[f"{of}:input_factors"][member]) @ kernel
                outputs.append(torch.relu(h + w[f"{of}:bias"][member]))
            members = list(self.dropout[layer - 1](torch.stack(outputs, 1)).unbind(1))
        return torch.stack(
            [
                h @ w["head:kernel"][member] + w["head:bias"][member]
                for member, h in enumerate(members)
            ],
            1,
        )


def prediction(outputs: torch.Tensor, classes: bool) -> torch.Tensor:
    """Return the mean of the members' probabilities or numbers."""
    return (outputs.softmax(2) if classes else outputs).mean(1)


def loss(outputs: torch.Tensor, y: torch.Tensor, classes: bool) -> torch.Tensor:
    """Return the mean of the members' losses."""
    if classes:
        return nn.functional.cross_entropy(
            outputs.flatten(0, 1), y.repeat_interleave(outputs.shape[1])
        )
    losses = [((each - y) ** 2).mean() for each in outputs.unbind(1)]
    return torch.stack(losses).mean()


def train(
    model: TorchTabM, x: torch.Tensor, y: torch.Tensor, steps: int, batch: int
) -> None:
    """Train as the preset does: AdamW, clipped gradients, no schedule."""
    groups: list[dict[str, Any]] = [
        {"params": [p], "weight_decay": 0.0 if name.endswith("bias") else 3e-4}
        for name, p in model.named_parameters()
    ]
    optimizer = torch.optim.AdamW(groups, 2e-3, eps=1e-20)
    for step in range(steps):
        begin = step * batch % len(x)
        outputs, targets = model(x[begin : begin + batch]), y[begin : begin + batch]
        optimizer.zero_grad()
        loss(outputs, targets, not targets.is_floating_point()).backward()
        gradients: list[Any] = [p.grad for p in model.parameters()]
        norm = torch.cat([g.flatten() for g in gradients]).norm()
        for gradient in gradients:
            gradient *= min(1.0, 1 / norm)
        optimizer.step()

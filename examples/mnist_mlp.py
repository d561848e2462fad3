"""Train an MLP 784 → 256 → 128 → 10 on MNIST.

`python examples/mnist_mlp.py` lets Keras download MNIST. `python
examples/mnist_mlp.py mine.npz` reads the arrays `x` (images) and `y` (labels) instead.
"""

import sys

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from kerasdl.losses import SparseCategoricalCrossentropy
from kerasdl.models import mlp
from kerasdl.schedules import WarmupLinear


def load(path: str | None) -> list[np.ndarray]:
    """Return x_train, x_test, y_train, y_test."""
    if path is None:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
        return [x_train, x_test, y_train, y_test]
    with np.load(path) as arrays:
        x, y = arrays["x"], arrays["y"]
    return train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)


def main(path: str | None = None, epochs: int = 10) -> float:
    """Train the MLP; return its test accuracy."""
    x_train, x_test, y_train, y_test = load(path)
    mean, scale = x_train.mean(), x_train.std()
    model = mlp(x_train.shape[1:], 10, hidden_units=(256, 128), dropout=0.3, seed=0)
    steps = epochs * int(np.ceil(len(x_train) / 128))
    model.compile(
        optimizer=keras.optimizers.AdamW(WarmupLinear(3e-3, steps // 10, steps)),
        loss=SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        metrics=["accuracy"],
    )
    x_train, x_test = (x_train - mean) / scale, (x_test - mean) / scale
    model.fit(x_train, y_train, batch_size=128, epochs=epochs, verbose=2)
    return model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else None
    print(f"test accuracy {main(path):.4f}")

"""Use kerasdl's block, loss and schedule in your own model with plain `model.fit`.

Run `KERAS_BACKEND=torch python examples/fit_your_own.py`, or with jax or tensorflow.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from kerasdl.layers import Dropout, ResidualBlock
from kerasdl.losses import SparseCategoricalCrossentropy
from kerasdl.schedules import OneCycle


def main(epochs: int = 5, filters: int = 16) -> float:
    """Train a small residual network on digits; return its test accuracy."""
    keras.utils.set_random_seed(0)
    digits = load_digits()
    images = (digits.images[..., None] / 16).astype("float32")
    x_train, x_test, y_train, y_test = train_test_split(
        images, digits.target, test_size=0.2, stratify=digits.target, random_state=0
    )
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            ResidualBlock(filters),
            ResidualBlock(2 * filters, strides=2),
            keras.layers.GlobalAveragePooling2D(),
            Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )
    steps = epochs * int(np.ceil(len(x_train) / 32))
    model.compile(
        optimizer=keras.optimizers.AdamW(OneCycle(0.01, total_steps=steps)),
        loss=SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=32, epochs=epochs, verbose=2)
    return model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]


if __name__ == "__main__":
    print(f"test accuracy {main():.4f}")

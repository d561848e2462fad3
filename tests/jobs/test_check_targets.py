"""`kerasdl.check` names targets that do not fit the loss."""

from typing import Any

import numpy as np
import pytest
from keras import losses

from tests.jobs.checked import LOGITS, ONE_HOT, X, Y, errors, model
from tests.variants import quickest

FACTS = {
    "classes as numbers": (("mse",), {}, Y, "loss-of-classes"),
    "one-hot with sparse": ((LOGITS,), {}, ONE_HOT, "targets"),
    "labels from 1": ((LOGITS,), {}, Y + 1, "targets"),
    "labels below 0": ((LOGITS,), {}, Y - 1, "targets"),
    "logits of a softmax": ((LOGITS,), {"last": "softmax"}, Y, "from-logits"),
    "a softmax of logits": (
        ("sparse_categorical_crossentropy",),
        {},
        Y,
        "from-logits",
    ),
    "numbers as classes": ((LOGITS,), {}, Y + 0.25, "targets"),
    "numbers as probabilities": (
        ("binary_crossentropy",),
        {"last": "sigmoid"},
        3 * ONE_HOT,
        "targets",
    ),
    "beyond a sigmoid": (("mse",), {"last": "sigmoid"}, 3 * ONE_HOT, "targets"),
    "logits of a sigmoid": (
        (losses.BinaryCrossentropy(from_logits=True),),
        {"last": "sigmoid"},
        ONE_HOT,
        "from-logits",
    ),
    "integers with one-hot loss": (("categorical_crossentropy",), {}, Y, "targets"),
    "several labels with a softmax": (
        ("categorical_crossentropy",),
        {"last": "softmax"},
        np.ones((96, 3)),
        "targets",
    ),
}


@pytest.mark.parametrize("fault", FACTS)
def test_targets_that_do_not_fit(fault: str):
    given, keys, y, kind = FACTS[fault]
    assert kind in errors(model(*given, **keys), X, y)


@pytest.mark.parametrize(
    ("loss", "last", "y"),
    [
        (LOGITS, None, Y),
        *quickest(
            ("sparse_categorical_crossentropy", "softmax", Y[:, None]),
            ("categorical_crossentropy", "softmax", ONE_HOT),
            (losses.BinaryCrossentropy(from_logits=True), None, ONE_HOT),
            ("binary_crossentropy", "sigmoid", ONE_HOT),
            ("mse", None, X[:, :3]),
            ("mse", "sigmoid", ONE_HOT),
        ),
    ],
)
def test_what_is_healthy_has_no_error(loss: Any, last: str | None, y: np.ndarray):
    assert errors(model(loss, last=last), X, y) == {}

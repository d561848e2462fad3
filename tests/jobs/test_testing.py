"""What tests parts passes ours and those of a package."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl import registry, testing
from kerasdl.backend import installed
from kerasdl.data.kinds.arrays import ArraysKind
from kerasdl.data.kinds.text import TextKind
from kerasdl.data.masked_texts import NO_TARGET
from kerasdl.data.signature import Input, Past
from kerasdl.tasks.classification import Classification
from kerasdl.tasks.forecasting import Forecasting
from kerasdl.tasks.language_modelling import LanguageModelling
from kerasdl.tasks.masked_language_modelling import MaskedLanguageModelling
from kerasdl.tasks.multi_label import MultiLabel
from kerasdl.tasks.reconstruction import Reconstruction
from kerasdl.tasks.regression import Regression
from kerasdl.tasks.task import Task
from tests.data.series.helpers import kind as series_kind
from tests.data.series.helpers import write

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5)).astype("float32")
Y = RNG.normal(size=12)
LABELS = np.arange(12) % 3
COUNTS = RNG.poisson(3, size=(12, 2))
BACKEND = keras.config.backend()
COMPARED = [name for name in installed() if BACKEND == "torch" and name != BACKEND][:1]
"""One direction and one backend show how it is done."""


@pytest.mark.variant
@pytest.mark.usefixtures("toykit")
def test_what_somebody_else_adds():
    from toykit.counts import Counts
    from toykit.linear import Linear
    from toykit.lines import Lines
    from toykit.median import Median
    from toykit.readings import Readings
    from toykit.scale import Scale

    testing.check_layer(Scale, X, ())  # the family has it
    testing.check_family(Linear(), X, 2, backends=COMPARED)
    testing.check_task(Median(), Y, RNG.normal(size=(12, 1)))
    testing.check_task(Counts(), COUNTS, RNG.normal(size=(12, 2)))
    np.savetxt("mine.lines", RNG.normal(size=(60, 4)), delimiter=";")
    testing.check_kind(Lines(name="mine.lines", task="median", delimiter=";"))
    np.savetxt("mine.readings", RNG.uniform(1, 9, size=(60, 4)))
    testing.check_kind(Readings(name="mine.readings", task="counts"))


@pytest.mark.variant
def test_our_tasks():
    """A layer and a family of ours are each checked where they are tested."""
    checked: set[str] = set()

    def check(task: Task, *arguments: Any, **keywords: Any) -> None:
        testing.check_task(task, *arguments, **keywords)
        checked.add(task.name)

    logits = RNG.normal(size=(12, 3))
    check(Classification(), LABELS, logits)
    check(Classification(), LABELS, logits, configs.load(settings=["training.mixup=1"]))
    words = {"inputs": Input((4,), "int32", 20)}
    check(Classification(), LABELS, logits, signature=words)
    check(Regression(), Y, RNG.normal(size=(12, 1)))
    check(Regression(), RNG.normal(size=(12, 2)), RNG.normal(size=(12, 2)))
    bits = LABELS[:, None] >> np.arange(2) & 1
    check(MultiLabel(), bits, RNG.normal(size=(12, 2)))
    named = np.array(["no", "yes"], object)[bits]
    smooth = configs.load(settings=["training.mixup=1", "loss.label_smoothing=0.1"])
    check(MultiLabel(), named, RNG.normal(size=(12, 2)), smooth)
    rows = RNG.normal(size=(12, 5)).astype("float32")
    noisy = rows + RNG.normal(size=rows.shape)
    check(Reconstruction(), rows, noisy, configs.load("autoencoder"))
    tokens = RNG.integers(0, 7, size=(12, 8))
    check(LanguageModelling(), tokens, RNG.normal(size=(12, 8, 7)))
    wider = {"inputs": Input((8,), "int32", 9)}
    check(LanguageModelling(), tokens, RNG.normal(size=(12, 8, 9)), signature=wider)
    past = Past("a", 5.0, 2.0, 0.5), Past("b", -1.0, 4.0, 3.0)
    window = {"inputs": Input((6, 3), past=past)}
    steps, outputs = RNG.normal(size=(2, 12, 4))
    check(Forecasting(), steps, outputs, signature=window)
    hidden = np.where(RNG.random((12, 8)) < 0.3, tokens, NO_TARGET)
    hidden[:, 0] = tokens[:, 0]
    check(MaskedLanguageModelling(), hidden, RNG.normal(size=(12, 8, 7)))
    found = {name: registry.find("tasks", name) for name in registry.TASKS}
    # Those that decode need a model that writes: test_pairs_of_texts has one.
    assert checked == {
        n for n, each in found.items() if each.learns and not each.decodes
    }


@pytest.mark.any_backend
def test_our_kinds():
    testing.check_kind(ArraysKind(name="wine"))
    Path("mine.txt").write_text("a text of some length, and more of it. " * 40)
    text = TextKind(name="mine.txt", task="language-modelling", max_length=8)
    testing.check_kind(text)
    write(steps=40, series=("a", "b"), left_out=(9,))
    testing.check_kind(series_kind(series="shop"))

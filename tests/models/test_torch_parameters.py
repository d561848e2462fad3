"""Full-size models have the published numbers of parameters, on any backend alike."""

import math

import keras
import pytest

from kerasdl.models import from_preset


@pytest.mark.parametrize(
    ("preset", "shape", "outputs", "expected"),
    [
        ("resnet18", (224, 224, 3), 1000, 11_689_512),
        ("resnet34", (224, 224, 3), 1000, 21_797_672),
        ("resnet50", (224, 224, 3), 1000, 25_557_032),
        ("vit-base", (224, 224, 3), 1000, 86_567_656),
        ("bert-base", (512,), None, 109_482_240),
        ("gpt2", (1024,), 50_257, 124_439_808),
    ],
)
def test_count(preset: str, shape: tuple, outputs: int | None, expected: int):
    with keras.StatelessScope(initialize_variables=False):  # shapes are enough
        model = from_preset(preset, shape, outputs)
    assert sum(math.prod(v.shape) for v in model.trainable_variables) == expected

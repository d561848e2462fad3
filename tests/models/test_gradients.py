"""Gradients in float32 are those in float64, for every family and variant."""

from functools import partial
from importlib import import_module

import numpy as np
import pytest

from kerasdl.models import FAMILIES
from tests import contract
from tests.models import small


@pytest.mark.variant  # of those of every layer
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.usefixtures("narrow_resnets")
def test_of_every_family(family: str):
    build = partial(small.build, family)
    contract.assert_gradients_are_precise(build, small.inputs(family))


@pytest.mark.slow
@pytest.mark.variant
@pytest.mark.parametrize("variant", sorted(small.VARIANTS))
@pytest.mark.usefixtures("narrow_resnets")
def test_of_every_variant(variant: str, monkeypatch: pytest.MonkeyPatch):
    family, changed = small.VARIANTS[variant]
    if variant == "resnet of bottlenecks":
        # The root mean square of 4 channels may be near 0: fifty layers of such
        # quotients round off 1e-4 of the largest gradient, of 16 channels 1e-5.
        resnet = import_module("kerasdl.models.families.resnet")
        monkeypatch.setattr(resnet, "WIDTHS", (16, 16, 16, 16))
    x = small.inputs(family)
    if variant == "bert of pairs":
        x = np.stack([x, x % 2], axis=-1)
    build = partial(small.build, family, shape=x.shape[1:], **changed)
    contract.assert_gradients_are_precise(build, x)


@pytest.mark.parametrize(
    ("batch", "channels"), [(6, 4), pytest.param(1, 3, marks=pytest.mark.variant)]
)
def test_of_images(batch: int, channels: int):
    shape = (9, 6, channels)
    build = partial(FAMILIES["cnn"], shape, 3, (channels, 8))
    x = np.random.default_rng(0).normal(size=(batch, *shape))
    contract.assert_gradients_are_precise(build, x)

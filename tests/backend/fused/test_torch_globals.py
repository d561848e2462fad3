"""Globals of other modules are read anew, however a function comes by them."""

import operator
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.backend.fused import torch_twins
from tests.backend.fused.torch_twins import net, scaled_loss, twins


def weight_of(module: ModuleType) -> Any:
    return module.weight


def imported() -> Any:
    from tests.backend.fused import torch_twins

    return torch_twins.weight


def imported_from_beside() -> Any:
    from . import torch_twins

    return torch_twins.weight


def imported_alone() -> Any:
    from .torch_twins import weight

    return weight


@pytest.mark.parametrize(
    "read",
    [
        lambda: torch_twins.weight,
        lambda: weight_of(torch_twins),
        lambda: getattr(torch_twins, "weight"),  # noqa: B009
        lambda: operator.attrgetter("weight")(torch_twins),
        lambda: torch_twins.__dict__["weight"],
        lambda: [m.weight for m in (torch_twins,)][0],  # noqa: RUF015
        imported,
        imported_from_beside,
        imported_alone,
    ],
    ids=[
        *("attribute", "argument", "getattr", "attrgetter", "dict", "loop"),
        *("import", "relative", "name"),
    ],
)
def test_a_loss_reads_it_again(read: Callable) -> None:
    torch_twins.set_weight(0.0)
    pair = twins(lambda: net(loss=scaled_loss(read)))
    pair.fit(
        lambda model: torch_twins.set_weight, before=lambda: torch_twins.set_weight(0.0)
    )
    pair.assert_equal(reports=0)


def test_modules_that_are_looked_up_are_left_to_keras() -> None:
    name = torch_twins.__name__
    pair = twins(lambda: net(loss=scaled_loss(lambda: sys.modules[name].weight)))
    pair.fit(epochs=1)
    [line] = pair.assert_equal(reports=1)
    assert "looks modules up by name" in line

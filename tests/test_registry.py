"""What a config may choose is complete, or refused when it is registered."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pytest

from kerasdl import config as configs
from kerasdl import registry
from kerasdl.errors import ConfigError, InvalidConfigError
from kerasdl.optimizers.optimizer_table import OptimizerTable
from kerasdl.schedules.schedule_table import ScheduleTable, Steps


@dataclass(frozen=True)
class Unfinished(ScheduleTable):
    name: Literal["unfinished"] = "unfinished"


@dataclass(frozen=True)
class Halved(ScheduleTable):
    name: Literal["halved"] = "halved"

    def build(self, peak: float, steps: Steps) -> float:
        return peak / 2


@dataclass(frozen=True)
class Still(OptimizerTable):
    name: Literal["still"] = "still"

    def build(self, learning_rate: Any, momentum: Any = None) -> Any:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = {name: dict(choices) for name, choices in registry.REGISTRIES.items()}
    yield
    for name, choices in before.items():
        registry.REGISTRIES[name].clear()
        registry.REGISTRIES[name].update(choices)


def test_a_schedule_without_build_is_refused():
    with pytest.raises(TypeError, match=r"'unfinished' in schedules, lacks build"):
        registry.register("schedules", "unfinished", Unfinished)
    assert "unfinished" not in registry.names("schedules")
    with pytest.raises(TypeError, match="abstract"):
        Unfinished()


def test_an_installed_schedule_without_build_is_refused():
    registry.SCHEDULES["unfinished"] = Unfinished
    with pytest.raises(TypeError, match="lacks build"):
        configs.load("mlp", settings=["schedule.name=unfinished"])


@pytest.mark.parametrize("name", ["schedules", "optimizers"])
def test_what_is_no_table_is_refused(name: str):
    with pytest.raises(TypeError, match=f"must inherit from kerasdl.{name}."):
        registry.register(name, "text", str)


def test_a_new_schedule_is_chosen_by_name():
    registry.register("schedules", "halved", Halved)
    chosen = configs.load("mlp", settings=["schedule.name=halved"]).schedule
    assert chosen.build(0.5, Steps(100, 10)) == 0.25
    with pytest.raises(ValueError, match="schedules already has a choice 'halved'"):
        registry.register("schedules", "halved", Halved)


def test_no_momentum_to_be_cycled():
    registry.register("optimizers", "still", Still)
    names = "optimizer.name=still", "schedule.name=one-cycle"
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("mlp", settings=names)
    [line] = caught.value.lines()
    assert "'still'" in line
    assert "set schedule.cycle_momentum to false" in line
    configs.load("mlp", settings=[*names, "schedule.cycle_momentum=false"])


def test_a_choice_says_the_name_it_is_chosen_by():
    """Else a run would save a name that leads to another choice."""
    with pytest.raises(TypeError, match="must have `name` 'other', not 'halved'"):
        registry.register("schedules", "other", Halved)


class Entry(NamedTuple):
    name: str
    value: str


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Entry]]:
    entries: list[Entry] = []
    monkeypatch.setattr(registry.metadata, "entry_points", lambda group: entries)
    registry._installed.cache_clear()
    yield entries
    registry._installed.cache_clear()


def test_a_package_that_cannot_be_imported_is_named(installed: list[Entry]):
    installed.append(Entry("broken", "nowhere.at_all:Thing"))
    with pytest.raises(ConfigError, match=r"'broken' in families cannot be loaded"):
        configs.load("mlp", settings=["model.name=broken"])


def test_two_packages_of_one_name(installed: list[Entry]):
    installed += [Entry("same", "one:Thing"), Entry("same", "two:Thing")]
    with pytest.warns(UserWarning, match="two:Thing is ignored: one:Thing is 'same'"):
        assert registry.places("families") >= {"one:Thing"}


@pytest.mark.parametrize("name", registry.BASES.keys() - {"layers"})
def test_each_of_ours_is_complete_and_says_its_name(name: str):
    for choice in registry.names(name):
        made = registry.find(name, choice)()
        assert (made.kind if name == "kinds" else made.name) == choice

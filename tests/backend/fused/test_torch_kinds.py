"""Objects of libraries that a step reads are followed, or left to Keras aloud."""

import argparse
import array
import collections
import contextvars
import ctypes
import functools
import itertools
import multiprocessing
import os
import secrets
import sys
import threading
import time
import types
import uuid
import weakref
from collections.abc import Callable
from datetime import datetime
from os import environ
from time import perf_counter
from typing import Any

import pytest
import torch

from kerasdl.backend.fused import torch_watch
from tests.backend.fused.torch_twins import Apply, net, scaled_loss, twins

PARSED = argparse.Namespace(weight=0.0)
USER_DICT = collections.UserDict(weight=0.0)
BEHIND = {"weight": 0.0}
CHAIN = collections.ChainMap({}, BEHIND)
PROXY = types.MappingProxyType(BEHIND)
CONTEXT = contextvars.ContextVar("weight", default=0.0)
LOCAL = threading.local()
NUMBERS = array.array("d", [0.0])
NUMBER = ctypes.c_double(0.0)
SHARED = multiprocessing.Value("d", 0.0)
WEIGHT = 0.0
COUNT = itertools.count()
NEXT = itertools.count().__next__
OWN_MODULE = types.ModuleType("settings_of_a_user")


class Holder:
    weight = 0.0


class Dict(dict):
    weight = 0.0


class List(list):
    weight = 0.0


class Meta(type):
    weight = 0.0


class OfMeta(metaclass=Meta):
    pass


class Fields(ctypes.Structure):
    _fields_ = (("weight", ctypes.c_double),)


class Number(float):
    weight = 0.0


HOLDER, DICT, LIST, FIELDS, NUMERIC = Holder(), Dict(), List(), Fields(), Number(1)
REFERENCE = weakref.ref(HOLDER)


def set_global(value: float) -> None:
    global WEIGHT
    WEIGHT = value


def weight() -> float:
    return WEIGHT


@functools.wraps(weight)
def wrapped() -> float:
    return weight.__wrapped__() if hasattr(weight, "__wrapped__") else weight()


@functools.lru_cache
def cached() -> float:
    return WEIGHT


def set_cached(value: float) -> None:
    set_global(value)
    cached.cache_clear()


def setter(owner: Any, name: str = "weight") -> Callable[[float], None]:
    return lambda value: setattr(owner, name, value)


def item_setter(owner: Any, key: Any = "weight") -> Callable[[float], None]:
    return lambda value: owner.__setitem__(key, value)


def set_environment(value: float) -> None:
    os.environ["WEIGHT"] = str(value)


def trained_alike(read: Callable, write: Callable, reports: int) -> list[str]:
    write(0.0)
    pair = twins(lambda: net(loss=scaled_loss(read)))
    pair.fit(lambda model: write, before=lambda: write(0.0), epochs=2)
    return pair.assert_equal(reports)


FOLLOWED = {
    "parsed": (lambda: PARSED.weight, setter(PARSED)),
    "user_dict": (lambda: USER_DICT["weight"], item_setter(USER_DICT)),
    "proxy": (lambda: PROXY["weight"], item_setter(BEHIND)),
    "chain": (lambda: CHAIN["weight"], item_setter(BEHIND)),
    "local": (lambda: LOCAL.weight, setter(LOCAL)),
    "environ": (lambda: float(environ["WEIGHT"]), set_environment),
    "wrapped": (wrapped, set_global),
    "cached": (cached, set_cached),
    "of_dict": (lambda: DICT.weight, setter(DICT)),
    "of_list": (lambda: LIST.weight, setter(LIST)),
    "class_of_list": (lambda: LIST.weight, setter(List)),
    "of_number": (lambda: NUMERIC.weight, setter(NUMERIC)),
    "metaclass": (lambda: OfMeta.weight, setter(Meta)),
    "bound": (BEHIND.get, item_setter(BEHIND)),
    "getattr": (lambda: getattr(HOLDER, "weight"), setter(HOLDER)),  # noqa: B009
}


@pytest.mark.parametrize("kind", FOLLOWED)
def test_what_shows_its_contents_is_followed(kind: str) -> None:
    read, write = FOLLOWED[kind]
    if kind == "bound":
        read = functools.partial(read, "weight")
    for owner in (DICT, LIST, NUMERIC):
        vars(owner).clear()
    List.weight = 0.0
    trained_alike(read, write, reports=0)


REFUSED = {
    "context": (CONTEXT.get, CONTEXT.set),
    "context_global": (lambda: CONTEXT.get(), CONTEXT.set),
    "array": (lambda: NUMBERS[0], item_setter(NUMBERS, 0)),
    "ctypes": (lambda: NUMBER.value, setter(NUMBER, "value")),
    "structure": (lambda: FIELDS.weight, setter(FIELDS)),
    "shared": (lambda: SHARED.value, setter(SHARED, "value")),
    "weakref": (lambda: REFERENCE().weight, setter(HOLDER)),
    "globals": (lambda: globals()["WEIGHT"], set_global),
    "vars": (lambda: vars(sys.modules[__name__])["WEIGHT"], set_global),
    "eval": (lambda: eval("WEIGHT"), set_global),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_hides_its_value_is_left_to_keras(kind: str) -> None:
    trained_alike(*REFUSED[kind], reports=1)


@pytest.mark.parametrize(
    "read", [lambda: next(COUNT) % 3, lambda: NEXT() % 3], ids=["count", "bound"]
)
def test_a_counter_is_left_to_keras(read: Callable) -> None:
    pair = twins(lambda: net(loss=scaled_loss(read)))
    pair.fit(before=lambda: None, epochs=1)
    assert len(pair.lines) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda: perf_counter(),
        lambda: time.time_ns(),
        lambda: time.process_time(),
        lambda: datetime.now(),
        lambda: uuid.uuid4(),
        lambda: os.urandom(2),
        lambda: secrets.token_bytes(2),
        lambda: print("called", file=sys.stderr),  # noqa: T201
        lambda: sys.stderr.write("called"),
    ],
    ids=[
        *("bound", "time_ns", "process_time", "now", "uuid4", "urandom", "secrets"),
        *("print", "stderr"),
    ],
)
def test_what_comes_from_the_system_is_left_to_keras(act: Callable) -> None:
    def call(layer: Any, x: Any) -> Any:
        act()
        return x

    pair = twins(lambda: net(Apply(call)))
    pair.fit(epochs=1)
    [line] = pair.assert_equal(reports=1)
    assert any(what in line for what in ("clock", "system", "prints"))


@pytest.mark.parametrize("name", ["profile", "statistics", "queue", "trace", "rich"])
def test_a_module_named_like_one_of_a_library_is_followed(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"{name}.py"
    file.write_text("WEIGHT = 0.0\ndef read():\n    return WEIGHT\n")
    module = types.ModuleType(name)
    module.__file__ = str(file)
    exec(compile(file.read_text(), str(file), "exec"), vars(module))  # noqa: S102
    monkeypatch.setitem(sys.modules, name, module)
    trained_alike(module.read, setter(module, "WEIGHT"), reports=0)


def test_a_module_that_something_holds_is_followed() -> None:
    held = types.SimpleNamespace(module=OWN_MODULE)
    trained_alike(lambda: held.module.weight, setter(OWN_MODULE), reports=0)


def test_a_large_tensor_is_left_to_keras() -> None:
    held = torch.zeros(torch_watch.MOST_BYTES // 4 + 1)
    write = lambda value: held.fill_(value)
    [line] = trained_alike(lambda: held[0], write, reports=1)
    assert "held is a tensor too large to watch" in line

"""A config names what is allowed, under the very name Keras gives it, or is refused."""

from typing import Any

import pytest

from kerasdl.errors import UnsafeError
from kerasdl.model_file.allowlist import MAX_DEPTH, MAX_OBJECTS, check_config
from tests.model_file.files import dense, function, functional, layer

OURS = layer("TransformerBlock", "kerasdl.layers.transformer_block")
OURS["registered_name"] = "kerasdl>TransformerBlock"
ALLOWED = {
    "a layer": dense(),
    "an activation": dense(activation=function("relu", "builtins")),
    "its own module": dense(activation=function("relu", "keras.activations")),
    "a layer of ours": OURS,
    "a nested model": functional(dense()),
    "a slash in a name": dense(name="block/dense"),
    "a value": dense(x={"class_name": "__tuple__", "items": [1, 2]}),
}
REFUSED = {
    "no module": dense() | {"module": None},
    "another module": dense() | {"module": "keras.src.layers"},
    "another registered name": dense() | {"registered_name": "custom>Dense"},
    "a class that is no text": dense() | {"class_name": ["Dense"]},
    "a function that is no activation": dense(activation=function("get", "builtins")),
    "an activation elsewhere": dense(activation=function("relu", "os")),
    "a function that is no text": dense(activation=function([], "builtins")),  # type: ignore
    "a value of a module": {"class_name": "__tuple__", "module": "os"},
    "ours by another name": OURS | {"registered_name": "kerasdl>Other"},
    "ours from another file": OURS | {"module": "kerasdl.layers.dense"},
    "ours from another folder": layer("Mlp", "kerasdl.models.mlp")
    | {"registered_name": "kerasdl>Mlp"},
    "ours from above": OURS | {"module": "kerasdl.layers...transformer_block"},
    "a class of ours that is missing": OURS | {"class_name": "Absent"},
    "an optimizer": layer("Adam", "keras.optimizers"),
    "a zero in a name": dense(name="a\0b"),
    "a name without end": dense(name="a/"),
}


@pytest.mark.parametrize("part", ALLOWED.values(), ids=ALLOWED)
def test_allowed(part: dict[str, Any]):
    check_config(functional(part), "a")


@pytest.mark.parametrize("part", REFUSED.values(), ids=REFUSED)
def test_refused(part: dict[str, Any]):
    with pytest.raises(UnsafeError, match=r"^a (names|has a layer named) "):
        check_config(functional(dense(x=[part])), "a")


def test_how_it_was_compiled_is_dropped():
    compiled = {"compile_config": {"loss": function("system", "os")}}
    config = functional(functional(dense()) | compiled) | compiled
    check_config(config, "a")
    assert "compile_config" not in str(config)


def test_depth_and_parts():
    deep: list[Any] = []
    for _ in range(MAX_DEPTH):
        deep = [deep]
    for part in (deep, [dense() for _ in range(MAX_OBJECTS)]):
        with pytest.raises(UnsafeError, match=r"nested too deeply|more than 10,000"):
            check_config(functional(dense(x=part)), "a")


@pytest.mark.parametrize("config", [[], {}, {"config": 1}, None, "x"])
def test_no_model(config: Any):
    with pytest.raises(TypeError, match="does not hold a model"):
        check_config(config, "a")

"""The functions of families are made of their keys, and so is a family of one's own."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Literal

import keras
import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl import models, registry
from kerasdl.config.rules import Range
from kerasdl.data.signature import Input
from kerasdl.errors import InvalidConfigError
from kerasdl.models.family import Family


@dataclass(frozen=True)
class Polynomial(Family):
    """Powers of the inputs, and a Dense layer."""

    name: Literal["poly-nomial"] = "poly-nomial"
    degree: Annotated[int, Range(1, 9)] = 2
    """The highest power."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> keras.Model:
        """Return the model.

        Raises:
            ValueError: Never.
        """
        inputs = keras.Input(tuple(input_shape))
        powers = [inputs**power for power in range(1, self.degree + 1)]
        x = keras.layers.Concatenate()([inputs, *powers])
        outputs = keras.layers.Dense(num_outputs or 1)(x)
        return keras.Model(inputs, outputs, name=name or self.identifier())


@dataclass(frozen=True)
class Forwarding(Polynomial):
    """A family whose `build` has another signature."""

    name: Literal["forwarding"] = "forwarding"

    def build(self, *args, **kwargs) -> keras.Model:
        """Return the model."""
        return super().build(*args, **kwargs)


def named(family: type, name: str) -> type:
    """Return the family under another name."""
    body = {"__annotations__": {"name": Literal[name]}, "name": name}
    body |= {"__doc__": family.__doc__, "__module__": __name__}
    return dataclass(frozen=True)(type("Named", (family,), body))


@pytest.mark.any_backend
@pytest.mark.parametrize("family", registry.names("families"))
def test_its_docstring_tells_every_key(family: str):
    function = models.FAMILIES[family]
    told = function.__doc__
    table = registry.find("families", family)
    assert told.startswith(table.__doc__.splitlines()[0])
    for field in dataclasses.fields(table):
        assert (f"\n    {field.name}: " in told) or field.name == "name"
    for word in ("Args:", "    input_shape: ", "    num_outputs: ", "    seed: "):
        assert told.count(word) == 1
    assert "Raises:\n    ValueError: If" in told
    assert function.__name__ == family.replace("-", "_")


@pytest.mark.any_backend
def test_its_arguments_keep_the_ranges_of_the_keys():
    for arguments, fault in [
        ({"dropout": 1.0}, r"`dropout` \(=1\.0\) must satisfy 0 ≤ value < 1"),
        ({"hidden_units": ()}, r"`hidden_units` \(=\(\)\) must not be empty"),
        ({"hidden_units": (8, 0)}, "`hidden_units`.* 1 ≤ value"),
        ({"activation": "rleu"}, r"`activation` \(='rleu'\) must be 'relu' or"),
        ({"norm": "group"}, r"`norm` \(='group'\) must be 'batch' or 'layer'"),
        ({"residual": 1}, r"`residual` \(=1\) must be true or false"),
    ]:
        with pytest.raises(ValueError, match=fault):
            models.mlp((4,), 2, **arguments)
    with pytest.raises(TypeError, match="depth"):
        models.mlp((4,), 2, depth=3)
    with pytest.raises(TypeError, match="input_shape"):
        models.mlp()


@pytest.mark.any_backend
def test_numbers_of_numpy_are_as_good():
    one = models.mlp((4,), 2, np.array([8, 6]), np.float64(0.5), seed=3)
    other = models.mlp((4,), 2, [8, 6], dropout=0.5, seed=3)
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert models.mlp((4,), 2, dropout=0).get_layer("dropout_1").rate == 0


@pytest.mark.any_backend
def test_a_name_is_a_function_whatever_was_imported():
    for family in registry.names("families"):
        name = family.replace("-", "_")
        import_module(f"kerasdl.models.families.{name}")
        assert getattr(models, name) is models.FAMILIES[family]
        assert name in dir(models)
    assert callable(models.encoder_decoder)
    assert callable(models.from_preset)
    with pytest.raises(AttributeError, match="no attribute 'perceptron'"):
        _ = models.perceptron


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "key", ["activation='rleu'", "norm='group'", "residual=2", "hidden_units=[]"]
)
def test_a_config_refuses_unknown_values(key: str):
    with pytest.raises(InvalidConfigError, match=key.partition("=")[0]):
        configs.load("mlp", settings=[f"model.{key}"])


@pytest.mark.any_backend
def test_keys_are_only_those_of_the_family():
    for setting in ("norm='batch'", "residual=true"):
        with pytest.raises(InvalidConfigError, match=r"model\."):
            configs.load("gpt-tiny", settings=[f"model.{setting}"])


@pytest.mark.any_backend
def test_a_family_of_ones_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(registry.FAMILIES, "poly-nomial", Polynomial)
    config = configs.load(settings=["model.name=poly-nomial", "model.degree=3"])
    assert models.build(config, Input((4,)), 2).count_params() == (4 + 12) * 2 + 2
    assert models.poly_nomial((4,), 2, 5).name == "poly_nomial"
    assert "    degree: The highest power." in models.poly_nomial.__doc__
    with pytest.raises(ValueError, match="reads numbers, not tokens"):
        models.build(config, Input((4,), "int32", 9), 2)


@pytest.mark.any_backend
def test_a_family_of_another_signature(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(registry.FAMILIES, "forwarding", Forwarding)
    assert models.FAMILIES.keys() == {*registry.names("families")}
    one = models.forwarding((4,), 2, 5, name="one")
    assert (one.name, one.output_shape) == ("one", (None, 2))
    assert one.count_params() == (4 + 20) * 2 + 2
    told = models.forwarding.__doc__
    assert "    degree: The highest power.\n    seed: " in told


@pytest.mark.any_backend
@pytest.mark.parametrize("names", [("a-b_c",), ("a_b_c",), ("a_b_c", "a-b-c")])
def test_a_name_with_underscores(names: tuple, monkeypatch: pytest.MonkeyPatch):
    families = Polynomial, Forwarding
    for name, family in zip(names, families, strict=False):
        monkeypatch.setitem(registry.FAMILIES, name, named(family, name))
    assert models.a_b_c is models.FAMILIES[names[0]]
    assert dir(models).count("a_b_c") == 1


@pytest.mark.any_backend
def test_only_a_reconstruction_needs_no_number_of_outputs():
    assert models.autoencoder((4,)).output_shape == (None, 4)
    with pytest.raises(TypeError, match="num_outputs"):
        models.mlp((4,))

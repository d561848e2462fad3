"""One contract for every family."""

import dataclasses
import inspect
import json

import keras
import numpy as np
import pytest

from kerasdl import registry, testing
from kerasdl.models import FAMILIES
from tests import contract
from tests.models.small import (
    LIKE_OTHERS,
    OUTPUTS,
    REMOVED,
    ROUNDED,
    SMALL,
    VARIANTS,
    WRITERS,
    build,
    few_blocks,
    inputs,
    output_shape,
)
from tests.variants import quickest, variants

pytestmark = pytest.mark.usefixtures("narrow_resnets")


DIFFERENT = {"cnn", "gpt", "mlp", "rnn", "tabm"}
"""Families that have little in common."""


def keys_of(family: str) -> set[str]:
    return {f.name for f in dataclasses.fields(registry.find("families", family))}


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


def test_arguments_are_the_keys_of_its_table(family: str):
    table = registry.find("families", family)
    defaults = {field.name: field.default for field in dataclasses.fields(table)}
    parameters = inspect.signature(FAMILIES[family]).parameters
    arguments = {name: parameter.default for name, parameter in parameters.items()}
    for name in ("input_shape", "num_outputs", "seed"):
        del arguments[name]
    del arguments["name"], defaults["name"]
    assert arguments == defaults


@pytest.mark.parametrize(
    "family", [*sorted(DIFFERENT), *quickest(*sorted(FAMILIES.keys() - DIFFERENT))]
)
@pytest.mark.parametrize("policy", ["float32", *variants("mixed_bfloat16")])
def test_kept(family: str, policy: str):
    reads_tokens = family in ("bert", *WRITERS)
    with few_blocks():
        testing.check_family(
            registry.find("families", family)(**SMALL[family][1]),
            inputs(family),
            None if family.endswith("autoencoder") else OUTPUTS,
            OUTPUTS if reads_tokens else 0,
            REMOVED[family].split(),
            backends=(),
            policies=(policy,),
        )


@pytest.mark.parametrize(
    "variant",
    [
        *variants(*sorted(VARIANTS.keys() - LIKE_OTHERS)),
        *(pytest.param(name, marks=pytest.mark.slow) for name in sorted(LIKE_OTHERS)),
    ],
)
def test_variants_keep_it_as_well(variant: str):
    family, changed = VARIANTS[variant]
    x = inputs(family)
    if variant == "bert of pairs":
        x = np.stack([x, x % 2], axis=-1)
    with testing.dtype_policy("mixed_bfloat16"):
        model = build(family, shape=x.shape[1:], **changed)
    assert model.output_shape == (None, *output_shape(family))
    removed = f"{REMOVED[family]} {ROUNDED.get(variant, '')}"
    testing.check_model(model, x, removed.split())
    usual = {weight.path for weight in build(family).weights}
    other = changed.keys() != {"activation"}
    assert ({weight.path for weight in model.weights} != usual) == other


@pytest.mark.slow
@pytest.mark.variant
@pytest.mark.parametrize(
    "family", [name for name in FAMILIES if "activation" in keys_of(name)]
)
def test_the_activation_is_that_of_all_hidden_layers(family: str):
    usual, other, again = (
        build(family, activation=name) for name in ("relu", "tanh", "relu")
    )
    x = inputs(family)
    said = [contract.numbers(model(x)) for model in (usual, other, again)]
    assert np.array_equal(said[0], said[2])
    assert np.abs(said[0] - said[1]).max() > 1e-3 * np.abs(said[0]).max()
    assert '"relu"' not in json.dumps(other.get_config())


@pytest.mark.any_backend
def test_a_norm_is_that_of_all_places():
    for family in FAMILIES:
        if "norm" not in keys_of(family):
            continue
        for norm in ("rms", "none"):
            config = json.dumps(build(family, norm=norm).get_config())
            assert "LayerNormalization" not in config, family
            assert "BatchNormalization" not in config, family
            names = {w.name for w in build(family, norm=norm).weights}
            assert not {"gamma", "moving_mean"} & names, family
            assert ("scale" in names) == (norm == "rms"), family


@pytest.mark.any_backend
def test_a_norm_comes_between_a_layer_and_its_activation():
    for family, hidden in [
        ("autoencoder", ["encoder_1", "decoder_1"]),
        (
            "conv-autoencoder",
            ["encoder_1", "encoder_2", "expand", "decoder_1", "decoder_2"],
        ),
        ("plain-cnn", ["conv_1", "conv_2", "dense"]),
    ]:
        model = build(family, norm="batch")
        names = [layer.name for layer in model.layers]
        for name in hidden:
            place = names.index(name)
            parts = [name, f"{name}_norm", f"{name}_relu"]
            assert names[place : place + 3] == parts, family
            assert not model.get_layer(name).use_bias
            assert model.get_layer(name).activation is keras.activations.linear
        added = {f"{name}_{part}" for name in hidden for part in ("norm", "relu")}
        assert {*names} - added == {layer.name for layer in build(family).layers}


@pytest.mark.variant
def test_padded_texts_keep_it_as_well():
    shape, arguments = SMALL["gpt"]
    ids = inputs("gpt")
    x = np.stack([ids, np.arange(7) >= np.arange(6)[:, None]], axis=-1).astype("int32")
    with testing.dtype_policy("mixed_bfloat16"):
        model = FAMILIES["gpt"]((*shape, 2), OUTPUTS, **arguments)
    assert model.output_shape == (None, *output_shape("gpt"))
    testing.check_model(model, x, [REMOVED["gpt"]])


@pytest.mark.parametrize(
    "policy",
    ["mixed_bfloat16", pytest.param("mixed_float16", marks=pytest.mark.slow)],
)
def test_outputs_stay_single(family: str, policy: str):
    with testing.dtype_policy(policy):
        model = build(family)
    assert model.output_shape == (None, *output_shape(family))
    assert model.output.dtype == "float32"
    half = policy.removeprefix("mixed_")
    assert half in {layer.compute_dtype for layer in model.layers}


@pytest.mark.variant
def test_without_a_last_layer(family: str):
    shape, arguments = SMALL[family]
    if family in WRITERS:
        arguments = arguments | {"vocabulary_size": OUTPUTS}
    with few_blocks():
        model = FAMILIES[family](shape, None, **arguments)
    whole = build(family)
    paths = {weight.path for weight in whole.weights}
    assert {weight.path for weight in model.weights} <= paths
    if not family.endswith("autoencoder"):
        assert model.output_shape != whole.output_shape


def drawn(model: keras.Model) -> list[np.ndarray]:
    """Return the weights that do not begin with one value."""
    weights = map(contract.numbers, model.trainable_variables)
    return [weight for weight in weights if np.ptp(weight) > 0]


@pytest.mark.slow
@pytest.mark.variant
def test_every_kernel_and_every_seed_draws_its_own(family: str):
    one, other = (
        [w for w in drawn(build(family, seed)) if w.ndim > 1] for seed in (0, 1)
    )
    assert not any(np.array_equal(*pair) for pair in zip(one, other, strict=True))
    # A quotient of two draws, for the distributions have other scales.
    quotients = [w.ravel()[0] / w.ravel()[-1] for w in one]
    assert len({round(float(value), 4) for value in quotients}) == len(quotients)

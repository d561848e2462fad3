"""What counts as the same, what as rounding noise, and what is named first."""

import copy
from itertools import product

import numpy as np
import pytest

from kerasdl.diagnostics.parity import (
    SENSITIVE,
    STAGES,
    Recording,
    compare,
    rounding_noise,
)

NAMES = ("first/kernel", "first/bias", "second/kernel")


@pytest.fixture
def recording() -> Recording:
    """Two layers; the bias of the first one has no gradient but noise."""
    draw = np.random.default_rng(0).standard_normal
    kernels = {"first/kernel": draw((4, 3)), "second/kernel": draw((3, 2))}
    weights = {"first/kernel": kernels["first/kernel"], "first/bias": np.zeros(3)}
    weights |= {"second/kernel": kernels["second/kernel"]}
    gradients = {"second/kernel": draw((3, 2)), "first/bias": 1e-8 * draw(3)}
    gradients |= {"first/kernel": draw((4, 3))}
    outputs = {"first": draw((5, 3)), "second": draw((5, 2))}
    recorded = {
        "first_batch": {"inputs": draw((5, 4)), "targets": np.arange(5)},
        "initial_weights": weights,
        "inference_outputs": outputs,
        "training_outputs": outputs,
        "loss": {"model": np.array(1.5)},
        "gradients": gradients,
        "weights_after_1_step": weights,
        "weights_after_10_steps": weights,
        "sensitivity": {
            f"{s}/{n}": np.array(1e-7) for s, n in product(SENSITIVE, NAMES)
        },
    }
    recorded["sensitivity"]["gradients/first/bias"] = np.array(1.5)
    assert set(recorded) == {*STAGES, "sensitivity"}
    return {stage: copy.deepcopy(tensors) for stage, tensors in recorded.items()}


def other(recording: Recording, stage: str, tensor: str, value: np.ndarray):
    changed = copy.deepcopy(recording)
    changed[stage][tensor] = value
    return changed


def first(recording: Recording, changed: Recording) -> tuple | None:
    found = compare({"jax": recording, "torch": changed})
    assert found["agree"] == (found["first_difference"] is None)
    if difference := found["first_difference"]:
        assert difference["backend"] == "torch"
        return difference["stage"], difference["layer"], difference["tensor"]
    return None


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("value", [1e-3, np.nan, np.inf])
def test_a_difference_is_named(recording: Recording, stage: str, value: float):
    *_, tensor = recording[stage]
    array = recording[stage][tensor].astype(float)
    array.flat[0] += value
    place = stage, tensor.partition("/")[0], tensor
    assert first(recording, other(recording, stage, tensor, array)) == place


def test_rounding_is_no_difference(recording: Recording):
    changed = copy.deepcopy(recording)
    for stage, (_, tolerance) in STAGES.items():
        for tensor, array in recording[stage].items():
            changed[stage][tensor] = array * (1 + tolerance / 2)
    assert first(recording, changed) is None


def test_the_first_is_the_first_computed(recording: Recording):
    changed = copy.deepcopy(recording)
    for stage in ("training_outputs", "gradients", "weights_after_10_steps"):
        for array in changed[stage].values():
            array *= 1.01
    assert first(recording, changed) == ("training_outputs", "first", "first")
    changed["training_outputs"] = recording["training_outputs"]
    assert first(recording, changed) == ("gradients", "second", "second/kernel")


def test_a_tensor_of_another_shape_or_none(recording: Recording):
    array = recording["loss"]["model"]
    assert first(recording, other(recording, "loss", "model", array[None]))
    changed = copy.deepcopy(recording)
    del changed["loss"]["model"]
    assert first(recording, changed)
    assert first(changed, recording)


def test_what_is_infinite_on_both_is_the_same(recording: Recording):
    array = np.array([1.0, -np.inf])
    masked = other(recording, "inference_outputs", "mask", array)
    assert first(masked, copy.deepcopy(masked)) is None
    changed = other(masked, "inference_outputs", "mask", np.array([1.01, -np.inf]))
    assert first(masked, changed)


def test_noise_is_passed_over_where_all_have_it(recording: Recording):
    """And told; a backend with a gradient there is another matter."""
    noise = recording["gradients"]["first/bias"]
    share = rounding_noise(recording)["first/bias"]
    assert 1e-9 < share < 1e-7
    changed = other(recording, "gradients", "first/bias", -3 * noise)
    found = compare({"jax": recording, "torch": changed})
    assert found["agree"]
    assert found["noise"] == {"first/bias": pytest.approx(3 * share)}
    counts = {entry["stage"]: entry["tensors"] for entry in found["stages"]}
    assert (counts["initial_weights"], counts["gradients"]) == (3, 2)
    assert (counts["weights_after_1_step"], counts["weights_after_10_steps"]) == (2, 2)

    stable = other(changed, "sensitivity", "gradients/first/bias", np.array(1e-7))
    assert first(recording, stable) == ("gradients", "first", "first/bias")
    large = other(recording, "gradients", "first/bias", 1e3 * noise)
    assert first(recording, large) == ("gradients", "first", "first/bias")
    zero = other(recording, "gradients", "first/bias", 0 * noise)
    assert first(recording, zero) is None


def test_what_is_noise(recording: Recording):
    """Small, and another one with other roundings; never what is zero."""
    assert set(rounding_noise(recording)) == {"first/bias"}
    stable = other(recording, "sensitivity", "gradients/first/bias", np.array(1e-7))
    assert rounding_noise(stable) == {}
    assert (
        rounding_noise(other(recording, "gradients", "first/bias", np.zeros(3))) == {}
    )
    large = other(recording, "gradients", "first/bias", np.full(3, 1e-4))
    assert rounding_noise(large) == {}


@pytest.mark.parametrize("stage", SENSITIVE)
def test_what_rounding_moves_on_every_backend(recording: Recording, stage: str):
    name, own = "second/kernel", np.array(0.05)
    sensitive = other(recording, "sensitivity", f"{stage}/{name}", own)
    changed = other(recording, stage, name, recording[stage][name] + 0.1)
    assert first(sensitive, changed) == (stage, "second", name)
    changed = other(changed, "sensitivity", f"{stage}/{name}", own)
    assert first(sensitive, changed) is None
    found = compare({"jax": sensitive, "torch": changed})["stages"]
    assert [list(entry["sensitive"]) for entry in found if entry["sensitive"]] == [
        [name]
    ]
    far = other(changed, stage, name, recording[stage][name] + 10)
    assert first(sensitive, far) == (stage, "second", name)

    kernel = recording[stage]["first/kernel"]
    changed = other(changed, stage, "first/kernel", kernel + 0.1)
    trained = None  # where one kernel counts for all
    expected = ("gradients", "first", "first/kernel")
    assert first(sensitive, changed) == (expected if stage == "gradients" else trained)

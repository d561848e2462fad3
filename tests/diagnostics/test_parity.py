"""What counts as the same, what as rounding, and what is named first."""

import copy

import numpy as np
import pytest

from kerasdl.diagnostics.parity import (
    EXACT,
    LARGEST_ROUNDING,
    PRECISIONS,
    STAGES,
    TRAINED,
    Recording,
    compare,
    rounding_noise,
)

Recordings = dict[str, Recording]


@pytest.fixture
def recordings() -> Recordings:
    """Two layers; the bias of the first one has no gradient but noise."""
    draw = np.random.default_rng(0).standard_normal
    kernels = {"first/kernel": draw((4, 3)), "second/kernel": draw((3, 2))}
    weights = {"first/kernel": kernels["first/kernel"], "first/bias": np.zeros(3)}
    weights |= {"second/kernel": kernels["second/kernel"]}
    gradients = {"second/kernel": draw((3, 2)), "first/bias": 1e-17 * draw(3)}
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
    }
    assert set(recorded) == {*STAGES}
    recordings = {
        precision: {stage: copy.deepcopy(recorded[stage]) for stage in STAGES}
        for precision in PRECISIONS
    }
    recordings["float32"]["gradients"]["first/bias"] *= 1e9
    return recordings


def other(
    recordings: Recordings,
    stage: str,
    tensor: str,
    value: np.ndarray,
    precisions: tuple[str, ...] = (*PRECISIONS,),
) -> Recordings:
    changed = copy.deepcopy(recordings)
    for precision in precisions:
        changed[precision][stage][tensor] = value
    return changed


def first(recordings: Recordings, changed: Recordings) -> tuple | None:
    found = compare({"jax": recordings, "torch": changed})
    assert found["agree"] == (found["first_difference"] is None)
    if difference := found["first_difference"]:
        assert difference["backend"] == "torch"
        return difference["stage"], difference["layer"], difference["tensor"]
    return None


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("value", [1e-3, np.nan, np.inf])
def test_a_difference_is_named(recordings: Recordings, stage: str, value: float):
    *_, tensor = recordings["float64"][stage]
    array = recordings["float64"][stage][tensor].astype(float)
    array.flat[0] += value
    place = stage, tensor.partition("/")[0], tensor
    assert first(recordings, other(recordings, stage, tensor, array)) == place


@pytest.mark.parametrize("precision", PRECISIONS)
def test_how_much_is_tolerated(recordings: Recordings, precision: str):
    for share, agrees in ((0.9, True), (4.0, False)):
        for stage in [stage for stage in STAGES if stage not in EXACT]:
            changed = copy.deepcopy(recordings)
            for array in changed[precision][stage].values():
                array *= 1 + share * PRECISIONS[precision]
            excused = precision == "float32" and stage in TRAINED
            assert (first(recordings, changed) is None) == (agrees or excused)
    changed = copy.deepcopy(recordings)
    changed[precision]["initial_weights"]["first/kernel"] *= 1 + 1e-9
    assert first(recordings, changed)


def test_the_first_is_the_first_computed(recordings: Recordings):
    changed = copy.deepcopy(recordings)
    for stage in ("training_outputs", "gradients", "weights_after_10_steps"):
        for precision in PRECISIONS:
            for array in changed[precision][stage].values():
                array *= 1.01
    assert first(recordings, changed) == ("training_outputs", "first", "first")
    for precision in PRECISIONS:
        expected = recordings[precision]["training_outputs"]
        changed[precision]["training_outputs"] = expected
    assert first(recordings, changed) == ("gradients", "second", "second/kernel")
    found = compare({"jax": recordings, "torch": changed})
    assert not any(entry["rounded"] for entry in found["stages"])


def test_a_tensor_of_another_shape_or_none(recordings: Recordings):
    array = recordings["float64"]["loss"]["model"]
    assert first(recordings, other(recordings, "loss", "model", array[None]))
    changed = copy.deepcopy(recordings)
    del changed["float32"]["loss"]["model"]
    assert first(recordings, changed)
    assert first(changed, recordings)


def test_what_is_infinite_on_both_is_the_same(recordings: Recordings):
    array = np.array([1.0, -np.inf])
    masked = other(recordings, "inference_outputs", "mask", array)
    assert first(masked, copy.deepcopy(masked)) is None
    changed = other(masked, "inference_outputs", "mask", np.array([1.01, -np.inf]))
    assert first(masked, changed)


def test_noise_is_passed_over_where_all_have_it(recordings: Recordings):
    """And told; a backend with a gradient there is another matter."""
    bias = recordings["float64"]["gradients"]["first/bias"]
    changed = other(recordings, "gradients", "first/bias", -3 * bias)
    found = compare({"jax": recordings, "torch": changed})
    assert found["agree"]
    assert [*found["noise"]] == ["first/bias"]
    largest = max(abs(g).max() for g in recordings["float64"]["gradients"].values())
    assert found["noise"]["first/bias"] == pytest.approx(3 * abs(bias).max() / largest)
    counts = {entry["stage"]: entry["tensors"] for entry in found["stages"]}
    assert (counts["initial_weights"], counts["gradients"]) == (3, 2)
    assert (counts["weights_after_1_step"], counts["weights_after_10_steps"]) == (3, 3)

    zero = other(recordings, "gradients", "first/bias", 0 * bias)
    assert first(recordings, zero) is None
    for value in (1e10 * bias, np.full(3, np.nan)):
        fault = other(recordings, "gradients", "first/bias", value)
        assert first(recordings, fault) == ("gradients", "first", "first/bias")
        assert first(fault, recordings) == ("gradients", "first", "first/bias")
    for precision in PRECISIONS:
        del fault[precision]["gradients"]["first/bias"]
    assert first(recordings, fault) == ("gradients", "first", "first/bias")
    trained = other(recordings, "weights_after_1_step", "first/bias", np.ones(3))
    assert first(recordings, trained) == (
        "weights_after_1_step",
        "first",
        "first/bias",
    )


def test_what_is_noise(recordings: Recordings):
    """Small in float64, and a number."""
    assert [*rounding_noise(recordings["float64"])] == ["first/bias"]
    assert rounding_noise(recordings["float32"]) == {}
    spoiled = other(recordings, "gradients", "first/bias", np.full(3, np.nan))
    assert rounding_noise(spoiled["float64"]) == {}


def test_what_is_zero_to_the_bit_is_compared(recordings: Recordings):
    zero = other(recordings, "gradients", "first/bias", np.zeros(3))
    found = compare({"jax": zero, "torch": copy.deepcopy(zero)})
    assert found["noise"] == {}


@pytest.mark.parametrize("stage", STAGES)
def test_what_parts_in_float32_alone(recordings: Recordings, stage: str):
    """It is rounding where that can matter, and told; elsewhere it is a difference."""
    *_, name = recordings["float64"][stage]
    value = recordings["float64"][stage][name] + 0.1
    changed = other(recordings, stage, name, value, ("float32",))
    found = compare({"jax": recordings, "torch": changed})
    entry = next(entry for entry in found["stages"] if entry["stage"] == stage)
    rounding = stage in TRAINED
    assert [*entry["rounded"], *entry["float32"]["differing"]] == [name]
    assert bool(entry["rounded"]) == rounding
    assert entry["float64"]["differing"] == {}
    assert found["agree"] == rounding
    if not rounding:
        assert found["first_difference"]["precision"] == "float32"


@pytest.mark.parametrize("stage", TRAINED)
def test_what_is_no_rounding(recordings: Recordings, stage: str):
    """Whatever float64 says: too far off, no number, another shape, or not there."""
    name = "second/kernel"
    value = recordings["float64"][stage][name]
    beyond = value + 2 * LARGEST_ROUNDING * (1 + abs(value).max())
    for spoiled in (beyond, value * np.nan, value + np.inf, value[:1]):
        changed = other(recordings, stage, name, spoiled, ("float32",))
        assert first(recordings, changed) == (stage, "second", name)
    del changed["float32"][stage][name]
    assert first(recordings, changed) == (stage, "second", name)


@pytest.mark.parametrize("stage", TRAINED)
def test_what_parts_in_float64_alone(recordings: Recordings, stage: str):
    name = "second/kernel"
    value = recordings["float64"][stage][name] + 1e-4
    changed = other(recordings, stage, name, value, ("float64",))
    assert first(recordings, changed) == (stage, "second", name)
    found = compare({"jax": recordings, "torch": changed})
    assert found["first_difference"]["precision"] == "float64"

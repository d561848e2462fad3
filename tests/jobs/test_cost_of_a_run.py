"""What a run costs."""

import json
import re

import pytest

from kerasdl.diagnostics import latency
from tests.jobs.helpers import verb_apart

pytestmark = pytest.mark.variant


def test_the_cost_of_a_run(run_of_five_epochs, monkeypatch):
    monkeypatch.setattr(latency, "SECONDS", 0.01)
    path = str(run_of_five_epochs[0].path)
    code, out, err = verb_apart("evaluate", path, "--cost", "--json")
    assert code == 0, err
    cost = json.loads(out)
    units = (64, 256), (256, 128)
    hidden = sum(u * (2 * w + 1) + 3 * u for w, u in units)
    assert cost["flops"] == hidden + 10 * 257
    assert cost["optimizer_bytes"] >= 8 * cost["trainable_parameters"]
    policies = ("float32", "mixed_bfloat16", "mixed_float16")
    sizes = [(each["policy"], each["batch_size"]) for each in cost["measured"]]
    assert sizes == [(policy, size) for policy in policies for size in (1, 32)]
    code, out, _ = verb_apart("evaluate", path, "--cost")
    rows = [line.split() for line in out.splitlines()]
    assert ["dense_1", "Dense", "256", "16,640", "33,024", "1.0", "KiB"] in rows
    assert "a multiply-add counts as 2" in out
    for policy in policies:
        assert sum(row[:1] == [policy] for row in rows) == 2


def test_the_cost_of_a_run_is_of_no_other_data():
    code, _, err = verb_apart("evaluate", "mine", "--cost", "--data", "digits")
    assert (code, err.splitlines()[-1][:6]) == (2, "error:")


@pytest.mark.parametrize("units", ["65536, 65536", "128, 128"])
def test_a_config_that_does_not_fit_the_weights(copied_run, units):
    file = copied_run.path / "config.toml"
    text = re.sub(
        r"hidden_units = \[[^]]*\]", f"hidden_units = [{units}]", file.read_text()
    )
    assert units in text
    file.write_text(text)
    path = str(copied_run.path)
    code, _, err = verb_apart("evaluate", path, "--cost", "--trust-edits")
    assert code in (4, 7), err
    assert err.splitlines()[-1].startswith("error: ")

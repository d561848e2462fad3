"""The sentence about a run says what it reached, and beside what."""

import pytest

from kerasdl.report.verdict import verdict

EPOCHS = [{"epoch": 0}, {"epoch": 1}]
MODEL = {"loss": 1.6, "accuracy": 0.58, "bits_per_character": 2.3}


def test_baselines_without_an_interval_are_named():
    """Of the scores, the one that they have."""
    baselines = {
        "gzip": {"bits_per_character": 2.147},
        "character_5-gram": {"bits_per_character": 2.26},
    }
    result = {"status": "completed", "best": {"epoch": 0}, "test": MODEL}
    said = verdict(result | {"baseline": baselines}, EPOCHS)
    assert said == (
        "Test bits per character 2.3 after epoch 1 of 2. "
        "Baselines reach 2.147 (gzip), 2.26 (character 5-gram)."
    )


@pytest.mark.parametrize(
    ("margin", "words"),
    [
        ({"low": 0.1, "high": 0.2}, "better than each baseline, by at least 0.1"),
        ({"low": -0.1, "high": 0.2}, "no clear gain over the baseline “mean”"),
        ({"low": -0.2, "high": -0.1}, "The baseline “mean” is better"),
    ],
)
def test_an_interval_says_whether_it_is_a_gain(margin: dict, words: str):
    baseline = {"mean": {"accuracy": 0.3, "margin": margin}}
    said = verdict({"status": "completed", "test": MODEL, "baseline": baseline}, EPOCHS)
    assert said.startswith("Test accuracy 0.58. ")
    assert words in said
    assert "reach" not in said


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("diverged", "The run diverged."),
        ("unfinished", "The run has not ended."),
        ("<b>", "The run is <b>."),
    ],
)
def test_a_run_that_did_not_complete(status: str, words: str):
    assert verdict({"status": status}, []) == words

"""What is allowed and seldom meant is said before the first step."""

import pytest

from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.cautions import cautions
from tests.jobs.helpers import config

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["schedule.warmup_steps=40"], True),
        (["schedule.warmup_steps=39"], False),
        (["schedule.warmup_steps=39", "training.accumulate=2"], True),
        (["schedule.warmup_epochs=2"], True),
        (["schedule.warmup_epochs=1"], False),
        (["schedule.warmup_epochs=1", "training.schedule_epochs=1"], True),
        (["schedule.name=step-decay", "schedule.every_epochs=2.5"], True),
    ],
)
def test_a_length_that_the_run_does_not_have(texts: list[str], told: bool):
    """Of two epochs of twenty batches."""
    chosen = config("mlp", "training.epochs=2", *texts)
    built = build_session(chosen)
    assert len(built.batches) == 20
    findings = [each for each in cautions(built) if each.kind == "schedule"]
    assert len(findings) == told

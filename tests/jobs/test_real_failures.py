"""Failures of others: what was right is among the first two causes."""

import pytest

from tests.jobs.real_failures import FAILURES, Failure

pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax")


def is_named(failure: Failure) -> bool:
    found = failure.diagnosis().hypotheses[:2]
    return any(each.cause in failure.causes for each in found)


@pytest.mark.any_backend
@pytest.mark.parametrize("failure", FAILURES[::3], ids=lambda failure: failure.asked)
def test_the_cause_is_among_the_first_two(failure: Failure):
    assert is_named(failure)


@pytest.mark.slow
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.asked)
def test_so_it_is_on_each_backend(failure: Failure):
    assert is_named(failure)

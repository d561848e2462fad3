"""The doctor names planted faults first."""

import pytest

from kerasdl import registry
from kerasdl.diagnostics.causes import likely
from kerasdl.errors import ConfigError
from kerasdl.jobs.evidence import read_evidence, with_findings
from kerasdl.jobs.examine import examined
from tests.jobs.planted_faults import (
    ALIKE_ON_EACH,
    FAULTS,
    ON_ANY,
    ON_EACH_BACKEND,
    REGISTERED,
    Fault,
)
from tests.variants import quickest

pytestmark = pytest.mark.filterwarnings("ignore:Gradients do not exist")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch):
    for name, choices in REGISTERED.items():
        for choice, made in choices.items():
            monkeypatch.setitem(registry.REGISTRIES[name], choice, made)


def first_cause(fault: Fault) -> str:
    """Return what reading a run, and a look at its first batch, say first.

    TensorFlow has no gradient at all where others have 0, so that training cannot begin.
    """
    try:
        run = fault.train().directory
    except ConfigError as told:
        return told.what.partition(":")[0]
    found = likely(with_findings(read_evidence(run), [*examined(run)]))
    return found[0].cause if found else "none"


@pytest.mark.parametrize(
    "fault",
    [*ON_EACH_BACKEND, *quickest(*ALIKE_ON_EACH)],
    ids=lambda fault: fault.name,
)
def test_what_a_backend_shows_is_named(fault: Fault):
    assert first_cause(fault) in fault.causes


@pytest.mark.any_backend
@pytest.mark.parametrize("fault", ON_ANY, ids=lambda fault: fault.name)
def test_one_of_each_kind_is_named(fault: Fault):
    assert first_cause(fault) in fault.causes


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_is_named(fault: Fault):
    assert first_cause(fault) in fault.causes

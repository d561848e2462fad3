import pytest

from kerasdl.checkpoint import details
from kerasdl.errors import ModelFileError

KEPT = {"kind": "NaNGuard", "state": {"before": {"value": [0, 0]}}}
RULES = {"callbacks": details.RUN["callbacks"]}


@pytest.mark.parametrize("entry", [KEPT, KEPT | {"name": "NaNGuard#1"}])
def test_what_is_kept_of_a_callback(entry: dict):
    details.check({"callbacks": [entry]}, RULES)


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {},
        {"kind": "A"},
        KEPT | {"kind": 1},
        KEPT | {"name": 7},
        KEPT | {"name": None},
    ],
    ids=str,
)
def test_what_no_callback_keeps(entry: object):
    with pytest.raises(ModelFileError, match="has an invalid 'callbacks'"):
        details.check({"callbacks": [entry]}, RULES)

"""A finding is a line for people and parts for programs."""

from kerasdl.finding import Finding


def test_a_finding_with_all_its_parts():
    finding = Finding("rate", "lr (=3) is high", "lower it", "optimizer", 3, "<= 1")
    assert str(finding) == "lr (=3) is high — lower it"
    assert finding.to_json() == {
        "kind": "rate",
        "what": "lr (=3) is high",
        "hint": "lower it",
        "where": "optimizer",
        "value": 3,
        "rule": "<= 1",
        "severity": "warning",
    }


def test_what_is_empty_is_left_out_and_zero_is_not():
    finding = Finding("units", "all units are dead", value=0, severity="error")
    assert str(finding) == "all units are dead"
    assert finding.to_json() == {
        "kind": "units",
        "what": "all units are dead",
        "value": 0,
        "severity": "error",
    }

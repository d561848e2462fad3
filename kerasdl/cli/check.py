"""The `kerasdl check` command."""

from typing import Any

import click

from kerasdl.cli.config_flags import chosen, config_flags
from kerasdl.cli.printing import say
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.errors import CheckFailedError
from kerasdl.storage import to_json


@click.command("check")
@config_flags
@backend_option
@verb
def command(backend: str | None, as_json: bool, **flags: Any) -> Any:
    """Find what would keep a run from learning, before it trains."""
    config, *_, download = chosen(**flags)
    select(backend)

    from kerasdl.jobs.check import check_run

    findings = check_run(config, download)
    result = [finding.to_json() for finding in findings]
    if not as_json:
        for finding in findings:
            say(f"{finding.severity:8} {finding}")
            if finding.why:
                say(f"{'':8} {finding.why}")
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        if not as_json:
            say("no errors found")
        return result
    if as_json:
        say(to_json(result))
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    raise CheckFailedError(f"{count}: the run would not learn", "fix what is named")

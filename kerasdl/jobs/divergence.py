"""What is kept of a run that diverged."""

from typing import TYPE_CHECKING

from kerasdl.errors import DivergedError
from kerasdl.finding import Finding
from kerasdl.jobs import capsule

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session


def with_capsule(session: "Session", fault: DivergedError) -> DivergedError:
    """Write the first failing step, restore the best weights, and return the error.

    A step on features has no capsule: it could not be replayed without the rest.

    Args:
        session: The run.
        fault: How it diverged.
    """
    run, best = session.run, session.best
    what, hint = f"{fault.what} of {run.path}", "lower --lr"
    snapshot = None
    if session.learner is session.model:
        given = session.config, session.model, session.monitor, session.batches
        snapshot = capsule.write(run, *given)
    if snapshot:
        details = snapshot.details
        batch, epoch = details["batch"] + 1, details["epoch"] + 1
        what += f"; steps were skipped from batch {batch} of epoch {epoch} on"
        hint += f"; to see that step: kerasdl replay {run.path}"
    run.log_finding(Finding("diverged", what, hint, severity="error"))
    if best.best is None:
        return DivergedError(f"{what}; no model is kept", hint)
    session.learner.set_weights(best.best_weights)
    return DivergedError(f"{what}; the best model is kept", hint)

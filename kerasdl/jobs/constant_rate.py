"""A run to be whose learning rate is the highest one in every step."""

from dataclasses import replace

from kerasdl.jobs.session import Session
from kerasdl.schedules.tables import ConstantTable


def compile_constant(session: Session) -> None:
    """Compile the model without warm-up or decay, which trials of a few steps lack."""
    session.config = replace(session.config, schedule=ConstantTable())
    session.compile()

"""What was recognised in the columns of a table, for the user."""

from collections.abc import Collection, Iterator, Mapping

from kerasdl.data.table.infer import Inferred
from kerasdl.data.table.table import Table
from kerasdl.finding import Finding


def recognised(
    table: Table, inferred: Mapping[str, Inferred], ignored: Collection[str]
) -> Iterator[Finding]:
    """Yield a finding for each column with a unit, and for each that is unreadable.

    Args:
        table: The table.
        inferred: The type of each column.
        ignored: Columns that the user leaves out.
    """
    for name, each in inferred.items():
        if each.type == "number" and (unit := each.spelling.unit):
            what = f"column {name!r} is read as numbers in {unit}"
            yield Finding("column", what, "", name, unit, severity="info")
    for name, held in table.unreadable.items():
        if name not in ignored:
            what = f"column {name!r} is ignored: it holds {held}"
            hint = "convert it to texts, numbers, booleans or dates to keep it"
            yield Finding("column", what, hint, name)

"""The energy that a machine counts itself, where it does."""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
"""Where Linux shows the counters of processors (RAPL)."""
Counters = dict[Path, tuple[int, int]]


def read_counters(folder: Path = POWERCAP) -> Counters:
    """Return the energy that each processor of the machine has used.

    Returns:
        Microjoules, and the number at which they begin again at 0, by counter. Empty if
        the machine has no counters, or this user may not read them.
    """
    counters = {}
    for zone in sorted(folder.glob("intel-rapl:*")):
        if zone.name.count(":") > 1:  # a part of a processor
            continue
        try:
            names = "energy_uj", "max_energy_range_uj"
            used, most = (int((zone / name).read_text()) for name in names)
        except (OSError, ValueError):
            return {}
        counters[zone] = used, most
    return counters


def joules(before: Counters, after: Counters) -> float | None:
    """Return the energy between two readings, of all that runs on the machine.

    None without counters.
    """
    if not before or before.keys() != after.keys():
        return None
    return (
        sum((after[zone][0] - used) % most for zone, (used, most) in before.items())
        / 1e6
    )

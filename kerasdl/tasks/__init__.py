"""What a model shall predict; one task a file.

No file here imports Keras before it is asked for a loss or a metric.
"""

from kerasdl import registry
from kerasdl.tasks.task import Task

__all__ = ["Task", "find"]


def find(name: str) -> Task:
    """Return the task that `data.task` names."""
    return registry.find("tasks", name)()

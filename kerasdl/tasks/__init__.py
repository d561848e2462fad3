"""Prediction tasks, one per file.

They import Keras only to build a loss or a metric.
"""

from kerasdl import registry
from kerasdl.tasks.task import Task

__all__ = ["Task", "find"]


def find(name: str) -> Task:
    """Return the task that `data.task` names."""
    return registry.find("tasks", name)()

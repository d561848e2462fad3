"""Trained weights of other libraries, read tensor by tensor. Nothing is unpickled."""

from kerasdl.weight_files.opened import opened
from kerasdl.weight_files.stored_tensor import StoredTensor

__all__ = ["StoredTensor", "opened"]

"""Loading of untrusted model files, in three stages.

`inspect` checks the archive, its config and its weights without Keras. `loading.load`
then builds and fills only what `inspect` has checked. Keras itself refuses only what it
knows to be dangerous, and calls the rest.
"""

from kerasdl.model_file.inspection import Inspection, inspect

__all__ = ["Inspection", "inspect"]

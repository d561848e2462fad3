"""Model files that may be a stranger's, in three stages.

`inspect` looks at the archive, its config and its weights without Keras; `loading.load`
then builds and fills nothing that `inspect` has not seen. Keras itself refuses what it knows to
be dangerous, and calls the rest.
"""

from kerasdl.model_file.inspection import Inspection, inspect

__all__ = ["Inspection", "inspect"]

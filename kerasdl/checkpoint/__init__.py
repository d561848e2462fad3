"""The whole state of a run: on disk, in memory, and back in the model."""

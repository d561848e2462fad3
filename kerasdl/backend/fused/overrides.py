"""Detection of overridden methods of a model."""

import keras


def overrides(model: keras.Model, *methods: str) -> str | None:
    """Return the first of the methods that the model overrides, or None."""
    for name in methods:
        method = getattr(model, name)
        if getattr(method, "__func__", None) is not getattr(keras.Model, name):
            return name
    return None

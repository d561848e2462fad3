"""Data sets that ship with scikit-learn and need no network."""

from kerasdl.data.arrays import Arrays

LOADERS = {
    "digits": "load_digits",
    "iris": "load_iris",
    "wine": "load_wine",
    "breast-cancer": "load_breast_cancer",
    "diabetes": "load_diabetes",
}


def load_builtin(name: str) -> Arrays:
    """Return a built-in set.

    Args:
        name: A key of `LOADERS`. `digits` has images of shape `(8, 8, 1)`; the others
            have rows of features.
    """
    from sklearn import datasets  # here, because the import takes a second

    bunch = getattr(datasets, LOADERS[name])()
    x = bunch.images[..., None] if name == "digits" else bunch.data
    return Arrays(name, x, bunch.target)

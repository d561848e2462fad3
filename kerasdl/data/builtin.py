"""The real data sets that scikit-learn carries, so that no network is needed."""

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
        name: A key of `LOADERS`. `digits` are images of shape `(8, 8, 1)`, the others
            rows of features.
    """
    from sklearn import datasets  # not before data are wanted: it takes a second

    bunch = getattr(datasets, LOADERS[name])()
    x = bunch.images[..., None] if name == "digits" else bunch.data
    return Arrays(name, x, bunch.target)

"""The real data sets that scikit-learn carries, so that no network is needed."""

from sklearn import datasets

from kerasdl.data.arrays import Arrays

LOADERS = {
    "digits": (datasets.load_digits, "classification"),
    "iris": (datasets.load_iris, "classification"),
    "wine": (datasets.load_wine, "classification"),
    "breast-cancer": (datasets.load_breast_cancer, "classification"),
    "diabetes": (datasets.load_diabetes, "regression"),
}


def load_builtin(name: str) -> Arrays:
    """Return a built-in set.

    Args:
        name: A key of `LOADERS`. `digits` are images of shape `(8, 8, 1)`, the others
            rows of features.
    """
    loader, task = LOADERS[name]
    bunch = loader()
    x = bunch.images[..., None] if name == "digits" else bunch.data
    return Arrays(name, x, bunch.target, task=task)

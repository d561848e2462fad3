"""The real data sets that scikit-learn carries, so that no network is needed."""

from sklearn import datasets

from kerasdl.data.arrays import Arrays

LOADERS = {
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast-cancer": datasets.load_breast_cancer,
    "diabetes": datasets.load_diabetes,
}


def load_builtin(name: str) -> Arrays:
    """Return a built-in set.

    Args:
        name: A key of `LOADERS`. `digits` are images of shape `(8, 8, 1)`, the others
            rows of features.
    """
    bunch = LOADERS[name]()
    x = bunch.images[..., None] if name == "digits" else bunch.data
    return Arrays(name, x, bunch.target)

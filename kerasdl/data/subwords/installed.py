"""Whether `tokenizers` is installed."""

from kerasdl.errors import DataError


def check_installed() -> None:
    """Raise `DataError` unless Hugging Face `tokenizers` is installed."""
    try:
        import tokenizers  # noqa: F401
    except ImportError as fault:
        what = f"tokens of subwords need Hugging Face tokenizers: {fault}"
        raise DataError(what, 'pip install "kerasdl[text]"') from fault

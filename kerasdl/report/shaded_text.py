"""Texts whose tokens are shaded by a number."""

from markupsafe import Markup

from kerasdl.figures import ShadedTokens
from kerasdl.report.scale import text_of

SHADES = 4
"""Shades of each sign; CSS has as many."""
MOST_TOLD = 10
"""Tokens of a text whose numbers are told, the greatest first."""


def shaded_text(figure: ShadedTokens) -> Markup:
    """Return each text with its tokens shaded, and its greatest numbers in a list."""
    texts = []
    for caption, tokens, values in zip(
        figure.captions, figure.tokens, figure.values, strict=True
    ):
        words = Markup(" ").join(
            Markup('<span class="{}">{}</span>').format(_shade(value), token)
            for token, value in zip(tokens, values, strict=True)
        )
        order = sorted(range(len(tokens)), key=lambda n: -abs(values[n]))[:MOST_TOLD]
        told = ", ".join(f"{tokens[n]} {text_of(values[n])}" for n in order)
        texts.append(
            Markup(
                "<li><span>{}</span><p>{}</p>"
                "<details><summary>Greatest values</summary>{}</details></li>"
            ).format(caption, words, told)
        )
    return Markup('<ul class="tokens">{}</ul>').format(Markup("").join(texts))


def _shade(value: float) -> str:
    size = -(-abs(value) * SHADES // 1)
    return "" if size == 0 else f"{'for' if value > 0 else 'against'}{int(size)}"

"""Whatever becomes of an image file, it is decoded or refused, soon and in little memory."""

import io
import random
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasdl.data.images.decode import DamagedImageError, decode, is_gray
from kerasdl.data.images.form import Form
from kerasdl.errors import UnsafeError
from tests.data.images.pictures import PICTURE
from tests.mutations import bent
from tests.time_limit import limited

SECONDS, BYTES = 5, 1 << 30
FORM = Form(16, 16, 3, "crop")


def templates() -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    written = []
    for name, mode, keys in [
        ("PNG", "RGB", {"exif": exif}),
        ("PNG", "P", {"transparency": 3}),
        ("PNG", "I;16", {}),
        ("PNG", "LA", {}),
        ("JPEG", "RGB", {"exif": exif}),
        ("JPEG", "L", {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("GIF", "P", {"save_all": True}),
        ("WEBP", "RGBA", {"exif": exif}),
        ("WEBP", "RGB", {"lossless": True}),
        ("BMP", "RGB", {}),
    ]:
        image = Image.fromarray(PICTURE)
        wide = PICTURE[..., 0].astype("uint16") << 8
        image = Image.fromarray(wide) if mode == "I;16" else image.convert(mode)
        content = io.BytesIO()
        image.save(content, name, **keys)
        written.append(content.getvalue())
    return written


def check(count: int, first: int) -> dict[str, int]:
    outcomes = dict.fromkeys(("decoded", "damaged", "unsafe"), 0)
    sources, path = templates(), Path("picture")
    for number in range(first, first + count):
        draw = random.Random(number)
        content = draw.choice(sources)
        for _ in range(draw.choice([1, 1, 3])):
            content = bent(draw, content)
        path.write_bytes(content)
        try:
            with limited(SECONDS):
                is_gray(path)
                pixels = np.asarray(decode(path, FORM))
        except DamagedImageError as fault:
            outcomes["damaged" if len(str(fault).splitlines()) == 1 else "odd"] += 1
        except UnsafeError:
            outcomes["unsafe"] += 1
        else:
            assert (pixels.shape, pixels.dtype) == (FORM.shape, np.uint8), number
            outcomes["decoded"] += 1
    return outcomes


def test_what_becomes_of_images():
    before = peak_bytes()  # of this process, whatever ran before
    outcomes = check(300, first=0)
    assert min(outcomes["decoded"], outcomes["damaged"]) > 50
    assert peak_bytes() - before < BYTES


def peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@pytest.mark.slow
def test_what_becomes_of_many_images():
    check(5_000, first=1_000)

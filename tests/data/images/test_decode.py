"""Every image file that people have becomes the pixels that they see."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasdl.data.images import decode as decoding
from kerasdl.data.images.crop import BoxOf
from kerasdl.data.images.decode import DamagedImageError
from kerasdl.data.images.form import Form
from kerasdl.errors import UnsafeError
from tests.data.images.pictures import PICTURE, TURNS, save

HEIGHT, WIDTH = PICTURE.shape[:2]
WHOLE = Form(HEIGHT, WIDTH, 3, "stretch")
GRAY = Form(HEIGHT, WIDTH, 1, "stretch")
FINE = {"quality": 95, "subsampling": 0}


def decode(path: Path, form: Form, box_of: BoxOf | None = None) -> np.ndarray:
    return np.asarray(decoding.decode(path, form, box_of)).reshape(form.shape)


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp"])
def test_formats_without_loss(tmp_path: Path, suffix: str):
    path = save(tmp_path / f"a.{suffix}", lossless=True)
    np.testing.assert_array_equal(decode(path, WHOLE), PICTURE)


def test_a_jpeg_is_near(tmp_path: Path):
    decoded = decode(save(tmp_path / "a.jpg", **FINE), WHOLE)
    assert np.abs(decoded.astype(int) - PICTURE).mean() < 4


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("orientation", TURNS)
def test_it_stands_upright(tmp_path: Path, suffix: str, orientation: int):
    """As stored, a picture of that orientation is turned or mirrored."""
    keys = FINE if suffix == "jpg" else {}
    straight = decode(save(tmp_path / f"straight.{suffix}", **keys), WHOLE)
    path = save(tmp_path / f"a.{suffix}", orientation=orientation, **keys)
    with Image.open(path) as stored:
        sides = (WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH)
        assert stored.size == sides
    apart = np.abs(decode(path, WHOLE).astype(int) - straight).mean()
    assert apart <= (0 if suffix == "png" else 4)


def test_transparent_pixels_are_white(tmp_path: Path):
    alpha = np.full((HEIGHT, WIDTH, 1), 255, "uint8")
    alpha[:5], alpha[5:10] = 0, 51
    rgba = np.concatenate([PICTURE, alpha], axis=2)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    share = alpha / 255
    expected = PICTURE * share + 255 * (1 - share)
    decoded = decode(tmp_path / "a.png", WHOLE)
    assert np.abs(decoded - expected).max() <= 1
    assert (decoded[:5] == 255).all()


@pytest.mark.parametrize("suffix", ["png", "webp"])
@pytest.mark.parametrize("orientation", TURNS)
def test_a_transparent_picture_stands_upright(
    tmp_path: Path, suffix: str, orientation: int
):
    path = save(tmp_path / f"a.{suffix}", orientation=orientation, lossless=True)
    with Image.open(path) as stored:
        clear = stored.convert("RGBA")
        clear.putalpha(254)
        exif = stored.getexif()
    clear.save(path, exif=exif, lossless=True)
    assert np.abs(decode(path, WHOLE).astype(int) - PICTURE).max() <= 2


@pytest.mark.parametrize("transparent", [False, True])
def test_a_palette(tmp_path: Path, transparent: bool):
    values = np.arange(HEIGHT * WIDTH, dtype="uint8").reshape(HEIGHT, WIDTH) % 4
    image = Image.fromarray(values, "L").convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 200, 210, 220])
    keys = {"transparency": 2} if transparent else {}
    image.save(tmp_path / "a.png", **keys)
    colors = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [200, 210, 220]])
    if transparent:
        colors[2] = 255
    np.testing.assert_array_equal(decode(tmp_path / "a.png", WHOLE), colors[values])


def test_sixteen_bits_keep_the_upper_eight(tmp_path: Path):
    values = np.linspace(0, 65_535, HEIGHT * WIDTH).astype("uint16")
    Image.fromarray(values.reshape(HEIGHT, WIDTH)).save(tmp_path / "a.png")
    decoded = decode(tmp_path / "a.png", GRAY)
    np.testing.assert_array_equal(decoded.ravel(), values >> 8)


def test_one_of_sixteen_bit_values_may_be_transparent(tmp_path: Path):
    values = np.full((HEIGHT, WIDTH), 60_000, "uint16")
    values[:5] = 59_999
    Image.fromarray(values).save(tmp_path / "a.png", transparency=60_000)
    decoded = decode(tmp_path / "a.png", GRAY)
    assert (decoded[:5] == 59_999 >> 8).all()
    assert (decoded[5:] == 255).all()


def test_cmyk(tmp_path: Path):
    Image.fromarray(PICTURE).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    decoded = decode(tmp_path / "a.jpg", WHOLE)
    assert np.abs(decoded.astype(int) - PICTURE).mean() < 8


def test_black_and_white(tmp_path: Path):
    values = PICTURE[..., 0] > 127
    Image.fromarray(values).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        decode(tmp_path / "a.png", GRAY)[..., 0], 255 * values
    )


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_the_first_frame_of_an_animation(tmp_path: Path, suffix: str):
    frames = [Image.new("RGB", (WIDTH, HEIGHT), color) for color in ("red", "blue")]
    frames[0].save(
        tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True
    )
    assert (decode(tmp_path / f"a.{suffix}", WHOLE) == [255, 0, 0]).all()


def test_the_middle_is_cut_out_or_all_is_squeezed(tmp_path: Path):
    """Of a picture that is twice as wide as high, a quarter falls away on each side."""
    wide = np.zeros((10, 20, 3), "uint8")
    wide[:, 5:15] = 200
    Image.fromarray(wide).save(tmp_path / "a.png")
    crop = decode(tmp_path / "a.png", Form(10, 10, 3, "crop"))
    assert (crop == 200).all()
    squeezed = decode(tmp_path / "a.png", Form(10, 10, 3, "stretch"))
    assert (squeezed[:, 0] == 0).all()
    assert (squeezed[:, 5] == 200).all()


@pytest.mark.parametrize("size", [56, 100, 224, 299])
def test_the_part_that_is_kept_lies_within_the_image(size: int):
    """Whatever rounds up: Pillow refuses a box that begins a hair outside."""
    image = Form(size, size, 3, "crop")
    for side in range(1, 4_000):
        for width, height in ((side, side), (side, side + 7), (side + 7, side)):
            left, top, right, bottom = image.box(width, height)
            assert min(left, top) >= 0
            assert right <= width
            assert bottom <= height


def test_a_large_jpeg_is_decoded_small(tmp_path: Path):
    """Decoding fewer pixels gives what resizing all of them gives, but for rounding."""
    large = Image.fromarray(PICTURE).resize((640, 480), Image.Resampling.BICUBIC)
    large.save(tmp_path / "a.jpg", quality=95)
    small = Form(30, 40, 3, "stretch")
    expected = large.resize((40, 30), Image.Resampling.BILINEAR)
    apart = decode(tmp_path / "a.jpg", small).astype(int) - np.asarray(expected)
    assert np.abs(apart).mean() < 2


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_small_part_of_a_large_jpeg_keeps_its_details(
    tmp_path: Path, orientation: int
):
    """Fewer pixels are decoded only as far as the part has enough of them."""
    large = Image.fromarray(PICTURE).resize((1280, 960), Image.Resampling.BICUBIC)
    turned = large.transpose(Image.Transpose.ROTATE_90) if orientation == 6 else large
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned.save(tmp_path / "a.jpg", quality=95, exif=exif)
    box = (300.5, 200.25, 620.5, 440.25)
    expected = large.resize((160, 120), Image.Resampling.BILINEAR, box)
    part = decode(tmp_path / "a.jpg", Form(120, 160, 3, "stretch"), lambda *_: box)
    assert np.abs(part.astype(int) - np.asarray(expected)).mean() < 2


@pytest.mark.parametrize("keep", [0, 10, 60, -200])
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp"])
def test_a_part_of_a_file_is_damaged(tmp_path: Path, suffix: str, keep: int):
    path = save(tmp_path / f"a.{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[:keep])
    with pytest.raises(DamagedImageError):
        decode(path, WHOLE)


@pytest.mark.parametrize(
    "content", [b"<svg></svg>", b"II*\0" + bytes(100), b"%PDF-1.7"]
)
def test_other_formats_are_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DamagedImageError, match="not a PNG, JPEG, BMP, GIF or WebP"):
        decode(tmp_path / "a.png", WHOLE)


def test_a_bomb_is_refused(tmp_path: Path):
    """A file of a few kilobytes that claims 400 million pixels."""
    small = BytesIO()
    Image.new("L", (8, 8)).save(small, "PNG")
    content = bytearray(small.getvalue())
    content[16:24] = (20_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UnsafeError, match="has more than 67,108,864 pixels"):
        decode(tmp_path / "a.png", WHOLE)

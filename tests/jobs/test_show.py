"""The contact sheet shows what the network will see."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasdl.data.images.contact_sheet import GAP, LINE, SIDE
from kerasdl.jobs import assemble
from tests.data.images.test_kind import write_digits
from tests.jobs.helpers import config, verb

pytestmark = pytest.mark.any_backend


def test_pictures_are_the_pixels_of_an_epoch():
    write_digits(Path("pictures"))
    given = ("--data", "pictures", "--set", "data.size=24", "--set", "data.rotation=20")
    code, said = verb("show", *given, "--count", "4", "--epoch", "3")
    assert (code, said) == (0, "4 images in sheet.png\n")
    texts = "data.name=pictures", "data.size=24", "data.rotation=20"
    chosen = config("cnn", *texts)
    dataset = assemble.dataset(chosen)
    x, _ = assemble.batches(chosen, dataset).epoch(2)[0]
    pixels = dataset.preprocessing.pictures(x)
    sheet = np.asarray(Image.open("sheet.png"))
    side = SIDE  # 24 is a quarter of it
    assert sheet.shape == (GAP + 2 * (side + LINE + GAP), GAP + 2 * (side + GAP), 3)
    for number in range(4):
        row, column = divmod(number, 2)
        top, left = GAP + row * (side + LINE + GAP), GAP + column * (side + GAP)
        shown = sheet[top : top + side : 4, left : left + side : 4, 0]
        np.testing.assert_array_equal(shown, pixels[number, ..., 0])
        beneath = sheet[top + side : top + side + LINE, left : left + side]
        assert (beneath < 100).any()


def test_built_in_images_and_mixed_ones():
    flags = ("--preset", "cnn", "--set", "training.mixup=0.4", "--output", "mixed.png")
    flags = (*flags, "--set", "training.batch_size=auto")
    code, said = verb("show", *flags, "--json")
    assert code == 0, said
    assert '"images": 36' in said
    chosen = config("cnn", "training.mixup=0.4")
    dataset = assemble.dataset(chosen)
    _, y = assemble.batches(chosen, dataset).epoch(0)[0]
    captions = dataset.targets.captions(y)
    assert any(", " in caption and "0." in caption for caption in captions)


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--preset", "mlp", "--data", "wine"), 2, "'wine' holds no images"),
        (
            ("--data", "pictures", "--output", "sheet.jpg"),
            2,
            "sheet.jpg is no .png file",
        ),
        ((), 2, "neither --preset nor --config is given"),
        (("--preset", "cnn", "--output", "none/sheet.png"), 6, "cannot write"),
    ],
)
def test_faults_end_in_one_line(flags: tuple, code: int, words: str):
    ended, said = verb("show", *flags)
    assert (ended, len(said.splitlines())) == (code, 1), said
    assert words in said

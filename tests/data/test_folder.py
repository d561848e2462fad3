"""What counts as a file of a folder, and what its place says of it."""

import os
import socket
from pathlib import Path

import pytest

from kerasdl.data.folder import Found, class_of, find_files, holds_only, parts_of
from kerasdl.errors import DataError, UnsafeError


def find_images(folder: Path) -> Found:
    return find_files(folder, (".png", ".jpg", ".webp"), "image")


def touch(*names: str) -> None:
    for name in names:
        path = Path("images", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_images_are_found_by_their_names_in_every_folder():
    touch("b/2.JPG", "a/1.png", "a/deep/3.webp", "a/.hidden.png", ".git/4.png")
    touch("a/notes.txt", "Thumbs.db")
    found = find_images(Path("images"))
    assert found.names == ["a/1.png", "a/deep/3.webp", "b/2.JPG"]
    assert found.skipped == ["a/notes.txt, by its suffix"]


def test_links_within_the_folder_are_files_and_never_folders():
    touch("a/1.png")
    Path("images/a/2.png").symlink_to("1.png")
    Path("images/b").symlink_to("a")
    Path("images/loop").symlink_to(".")
    Path("images/nowhere.png").symlink_to("none.png")
    Path("images/self.png").symlink_to("self.png")
    found = find_images(Path("images"))
    assert found.names == ["a/1.png", "a/2.png"]
    assert found.skipped == [
        "b, a link to a folder",
        "loop, a link to a folder",
        "nowhere.png, a link to nothing",
        "self.png, a link to nothing",
    ]


@pytest.mark.parametrize("target", ["../secret.png", "../elsewhere"])
def test_a_link_that_leads_out_is_refused(target: str):
    touch("a/1.png")
    Path("secret.png").touch()
    Path("elsewhere").mkdir()
    Path("images/a/2.png").symlink_to(Path("..", target))
    with pytest.raises(
        UnsafeError, match=r"a/2\.png is a link that leads out of images"
    ):
        find_images(Path("images"))


def test_names_that_are_not_utf_8_are_named():
    """A file of predictions could not hold them."""
    touch("a/1.png")
    for number in range(2):
        Path(os.fsdecode(b"images/a/\xff%d.png" % number)).touch()
    said = r"names of files in images are not UTF-8: a/\\xff0\.png; a/\\xff1\.png"
    with pytest.raises(DataError, match=said):
        find_images(Path("images"))


def test_special_files_are_left_out(tmp_path: Path):
    touch("a/1.png")
    os.mkfifo("images/a/2.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("images/a/3.png")
    found = find_images(Path("images"))
    assert found.names == ["a/1.png"]
    assert found.skipped == [
        "a/2.png, neither a file nor a folder",
        "a/3.png, neither a file nor a folder",
    ]


def test_a_folder_that_is_itself_a_link_is_followed():
    touch("a/1.png")
    Path("link").symlink_to("images")
    assert find_images(Path("link")).names == ["a/1.png"]


@pytest.mark.parametrize(
    ("name", "said"), [("empty", "holds no image"), ("none", "cannot list none")]
)
def test_nothing_to_learn_from(name: str, said: str):
    Path("empty").mkdir()
    with pytest.raises(DataError, match=said):
        find_images(Path(name))


def test_folders_may_name_the_parts():
    names = ["train/cat/1.png", "val/dog/2.png", "test/cat/3.png"]
    assert parts_of(names, "pets") == ("train", "validation", "test")
    assert [class_of(name, True) for name in names] == ["cat", "dog", "cat"]
    assert parts_of(["Training/cat/1.png", "Testing/2.png"], "pets") == (
        "train",
        "test",
    )


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (["unlabeled/1.png", "more/2.png"], "more/; unlabeled/"),
        (["1.png"], "files in no folder"),
    ],
)
def test_other_files_beside_the_parts_are_refused(names: list[str], there: str):
    """Else the parts would be taken for classes."""
    with pytest.raises(
        DataError, match=f"pets holds train, val or test .* also {there}"
    ):
        parts_of(["train/cat/1.png", "test/cat/2.png", *names], "pets")


def test_a_class_may_have_the_name_of_a_part():
    assert parts_of(["car/1.png", "train/2.png", "plane/3.png"], "vehicles") == ()


@pytest.mark.parametrize(
    ("name", "has_parts", "expected"),
    [
        ("cat/1.png", False, "cat"),
        ("cat/tabby/1.png", False, "cat"),
        ("1.png", False, ""),
        ("train/1.png", True, ""),
    ],
)
def test_the_class_is_the_outermost_folder(name: str, has_parts: bool, expected: str):
    assert class_of(name, has_parts) == expected


def test_what_a_folder_holds():
    touch("a/1.png", "b/2.txt")
    assert holds_only(Path("images"), (".png",), (".wav",))
    assert not holds_only(Path("images"), (".txt",), (".png",))
    assert not holds_only(Path("images"), (".wav",), (".gif",))
    assert not holds_only(Path("images/a/1.png"), (".png",), ())
    assert not holds_only(Path("n" * 300), (".png",), ())

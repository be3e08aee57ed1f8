"""Object storage looks like paths, and what goes wrong there is said in a sentence."""

import pickle
from contextlib import suppress
from pathlib import Path

import fsspec
import numpy as np
import pytest

import mattekit
from mattekit.core import storage
from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadImage, BadOutput, MissingExtra
from mattekit.core.storage import Url, as_path, names_in
from mattekit.imaging.files import read_image, write_image
from mattekit.synthetic.scene import scene


def test_a_url_keeps_its_form_through_everything_that_is_done_to_a_path() -> None:
    photo = as_path(Path("s3://bucket/in/cat.tar.jpg"))  # `Path` takes a slash away
    assert str(photo) == "s3://bucket/in/cat.tar.jpg"
    assert str(photo.with_name("x.png")) == "s3://bucket/in/x.png"
    assert str(photo.parent / "out" / "x.png") == "s3://bucket/in/out/x.png"
    assert str(pickle.loads(pickle.dumps(photo))) == str(photo)
    assert (photo.stem, photo.is_file(), photo.parent.is_dir()) == ("cat.tar", True, True)
    assert photo in {Url("s3://bucket/in/cat.tar.jpg")}


def test_what_is_no_url_stays_a_path() -> None:
    for text in ("a.png", "C:/photos/a.png", "with:colon.png"):
        assert not isinstance(as_path(text), Url)
    assert as_path("file:///tmp/a.png") == Path("/tmp/a.png")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ftp://host/a.png", r"ftp:// is no storage; expected s3://, gs://, az://, memory://"),
        ("https://host/a.png", "is an address, not a file; download it"),
    ],
)
def test_an_unknown_scheme_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadArgument, match=sentence):
        as_path(text)


def test_a_missing_package_is_named_with_its_extra() -> None:
    with pytest.raises(MissingExtra, match=r'pip install "mattekit\[az\]"'):
        as_path("az://container/a.png").exists()


def test_a_cutout_goes_from_url_to_url_as_from_file_to_file() -> None:
    drawn = scene(1, 64)
    write_image("memory://photos/a.png", drawn.image)
    assert np.abs(read_image("memory://photos/a.png") - drawn.image).max() < 0.01
    cut = mattekit.cutout("memory://photos/a.png", trimap=drawn.trimap, model="closed-form")
    cut.save("memory://cut/a.png")
    assert [*names_in(Url("memory://cut"))] == ["a.png"]
    with pytest.raises(BadImage, match=r"memory://photos/b.png does not exist"):
        read_image("memory://photos/b.png")


def test_an_object_appears_whole_or_not_at_all() -> None:
    target = as_path("memory://whole/a.txt")
    with suppress(RuntimeError), replacing(target) as aside:
        aside.write_text("half")
        raise RuntimeError
    assert not target.exists()
    with replacing(target) as aside:
        aside.write_text("whole")
    assert target.read_text() == "whole"
    with pytest.raises(BadOutput, match="is a folder in object storage"), replacing("memory://a/b"):
        pass


def test_a_service_in_trouble_is_asked_again_and_one_that_stays_so_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target, answers = as_path("memory://trouble/a.txt"), [ConnectionError("500"), TimeoutError()]
    with replacing(target) as aside:
        aside.write_text("here")
    files, waited = fsspec.filesystem("memory", use_listings_cache=False), list[float]()
    whole = files.cat_file

    def troubled(path: str) -> bytes:
        if answers:
            raise answers.pop()
        return whole(path)

    monkeypatch.setattr(files, "cat_file", troubled)
    monkeypatch.setattr(storage.time, "sleep", waited.append)
    assert target.read_text() == "here"
    assert waited == list(storage.WAITS[:2])
    answers += [ConnectionError("500")] * 99
    with pytest.raises(BadImage, match=r"trouble/a.txt cannot be opened: the storage failed again"):
        read_image(target)


class NoCredentialsError(Exception):
    """Named as botocore names it."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NoCredentialsError(), "no credentials were found.*AWS_ACCESS_KEY_ID"),
        (PermissionError("403"), "refuses access; check credentials"),
    ],
)
def test_what_no_patience_mends_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    def refuse(path: str) -> bytes:
        raise error

    files = fsspec.filesystem("memory", use_listings_cache=False)
    monkeypatch.setattr(files, "cat_file", refuse)
    with pytest.raises(BadArgument, match=sentence):
        as_path("memory://closed/a.txt").read_bytes()

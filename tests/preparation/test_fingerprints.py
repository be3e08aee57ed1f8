"""Pictures told again."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mattekit.core.types import Image
from mattekit.data.augmentation.camera import jpeg
from mattekit.imaging.files import encode_image, open_picture, write_image
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import resize
from mattekit.preparation.fingerprints import (
    NEAR,
    Fingerprint,
    fingerprint,
    look_of,
    overlaps,
)
from mattekit.preparation.inventory import Finding
from mattekit.synthetic import scene


@cache
def picture(seed: int) -> Image:
    return scene(seed, (160, 200)).image


def distance(a: int | None, b: int | None) -> int:
    assert a is not None
    assert b is not None
    return (a ^ b).bit_count()


def look(image: np.ndarray) -> int | None:
    return look_of(to_depth(image, 8))


@pytest.mark.parametrize("seed", range(6))
def test_a_picture_scaled_coded_anew_or_brightened_keeps_its_look(seed: int) -> None:
    image = picture(seed)
    for copy in (resize(image, (90, 110)), jpeg(image, 60), image * np.float32(0.85)):
        assert distance(look(image), look(copy)) <= NEAR


@pytest.mark.slow
def test_no_two_different_pictures_look_alike() -> None:
    looks = [look(image) for image in map(picture, range(30))]
    distances = [distance(a, b) for i, a in enumerate(looks) for b in looks[:i] if a and b]
    assert min(distances) > NEAR
    assert len(distances) > 300


def test_a_picture_without_contrast_has_no_look() -> None:
    assert look(np.full((50, 60, 3), 0.4, np.float32)) is None


def test_the_look_does_not_depend_on_the_depth_of_the_file(tmp_path: Path) -> None:
    for bits in (8, 16):
        write_image(tmp_path / f"{bits}.png", picture(0), bits=bits)
    looks = [look_of(open_picture(tmp_path / f"{bits}.png").colours) for bits in (8, 16)]
    assert distance(*looks) <= 1


def of(path: str, digest: str, look: int | None) -> Fingerprint:
    return Fingerprint(path=Path(path), digest=digest, look=look)


def of_other(finding: Finding) -> str:
    return Path(finding.sentence.removeprefix("the other set has ")).name


def test_the_strongest_sign_is_told_and_four_signs_may_differ() -> None:
    theirs = [of("test/x.png", "1", 0), of("test/y.png", "2", 0xFF00), of("test/z.png", "3", None)]
    ours = [
        of("train/a.png", "1", 0),  # bytes
        of("train/b.png", "4", 0b1111),  # four signs from x
        of("train/c.png", "5", 0b11111),  # five
        of("train/z.png", "6", None),  # the name alone
        of("train/y_7.png", "7", 0xFF01),  # looks like y, and is a composite of it
        of("train/y_8.png", "8", (1 << 63) - 1),
    ]
    found = [(one.kind, one.path.name, of_other(one)) for one in overlaps(ours, theirs)]
    assert found == [
        ("same bytes", "a.png", "x.png"),
        ("same look", "b.png", "x.png"),
        ("same look", "y_7.png", "y.png"),
        ("same name", "z.png", "z.png"),
    ]


def test_composites_of_one_foreground_are_told_once() -> None:
    theirs = [of("test/cat_0.png", "1", 0)]
    ours = [of(f"train/cat_{k}.png", f"9{k}", (1 << 40) - 1 - k) for k in range(3)]
    assert [overlap.path.name for overlap in overlaps(ours, theirs)] == ["cat_0.png"]


def test_sets_larger_than_a_strip_are_compared_to_the_last() -> None:
    rng = np.random.default_rng(3)
    looks = rng.integers(1 << 62, size=1200).tolist()
    ours = [of(f"a{k}.png", f"a{k}", look) for k, look in enumerate(looks)]
    theirs = [of("b.png", "b", looks[-1] ^ 0b101), of("c.png", "c", looks[300])]
    assert [(one.path.name, of_other(one)) for one in overlaps(ours, theirs)] == [
        ("a300.png", "c.png"),
        ("a1199.png", "b.png"),
    ]


def test_a_fingerprint_holds_the_bytes_and_the_name_of_the_foreground(tmp_path: Path) -> None:
    data = encode_image(picture(1), format="png")
    (tmp_path / "cat_12.png").write_bytes(data)
    (tmp_path / "dog.png").write_bytes(data)
    first, second = (
        fingerprint(path, open_picture(path).colours) for path in sorted(tmp_path.iterdir())
    )
    assert (first.digest, first.look) == (second.digest, second.look)
    assert (first.name, second.name) == ("cat", "dog")

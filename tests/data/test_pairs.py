"""Foregrounds over backgrounds: who meets whom, one or two foregrounds, denoised files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.trees import SIZE, colours, grow, soft_square

from mattekit.core.errors import BadArgument, BadData, BadImage
from mattekit.core.types import BACKGROUND, UNKNOWN
from mattekit.data.folders import Folder
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import (
    CompositionConfig,
    Layers,
    Pair,
    PairSource,
    make_pairs,
)
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_alpha, write_image, write_trimap

LISTING = """
    fg/cat.png
    fg/dog.png
    alpha/cat.png
    alpha/dog.png
    rooms/blue.png
    rooms/red.png
    rooms/white.png
    fg_denoise/cat.png
"""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return grow(tmp_path, LISTING)


def source(root: Path, **options: Any) -> PairSource:
    images, masks = Folder(root / "fg"), Folder(root / "alpha")
    rooms = Folder(root / "rooms").pictures
    composition = CompositionConfig(band=(1, 3), **options.pop("composition", {}))
    mattes = [MatteFiles(image, masks.find(image.name)) for image in images.pictures]
    settings: dict[str, Any] = {
        "foregrounds": mattes,
        "backgrounds": rooms,
        "pairs": make_pairs(len(mattes), len(rooms), 2, "drawn"),
        "composition": composition,
        "licence": "drawn by a test",
    }
    return PairSource(**settings | options)


def test_listed_pairs_go_through_the_list_and_begin_again() -> None:
    pairs = make_pairs(2, 3, 2, "listed")
    assert [(pair.foreground, pair.background) for pair in pairs] == [
        (0, 0),
        (0, 1),
        (1, 2),
        (1, 0),
    ]
    with pytest.raises(BadArgument, match="backgrounds_per_foreground is 0"):
        make_pairs(2, 3, 0, "drawn")


def test_drawn_pairs_meet_another_background_each_time(root: Path) -> None:
    drawn = source(root)
    assert drawn.names == ("cat", "cat", "dog", "dog")
    assert {drawn.sample(2, rng(seed)).name for seed in range(20)} == {
        "dog over blue",
        "dog over red",
        "dog over white",
    }


def test_a_sample_is_its_foreground_over_its_background(root: Path) -> None:
    sample = source(root, pairs=[Pair(1, 2)]).sample(0, rng())
    assert sample.name == "dog over white"
    np.testing.assert_allclose(sample.foreground, colours("dog"), atol=1 / 255)
    np.testing.assert_allclose(sample.background, colours("white"), atol=1 / 255)
    np.testing.assert_allclose(sample.alpha, soft_square(), atol=1 / 255)
    composite = over(sample.foreground, sample.alpha[..., None], sample.background)
    np.testing.assert_array_equal(sample.image, composite)


def test_a_part_of_a_picture_with_hard_edges_lies_at_an_edge(tmp_path: Path) -> None:
    root = grow(tmp_path, LISTING, (200, 300))
    mask = np.zeros((200, 300), dtype=np.float32)
    mask[:20, :20] = 1
    write_alpha(root / "alpha" / "cat.png", mask)
    for seed in range(5):
        sample = source(root).part(0, rng(seed), 16)
        assert sample.size == (16, 16)
        assert sample.trimap is not None
        assert (sample.trimap == UNKNOWN).any()


def test_two_foregrounds_have_one_alpha_and_one_colour_that_explain_the_image(root: Path) -> None:
    always = source(root, composition={"two_foregrounds": 1.0})
    one = source(root).sample(0, rng(3))
    both = always.sample(0, rng(3))
    assert both.foreground is not None
    assert both.trimap is not None
    assert (both.alpha >= one.alpha).all()
    assert both.alpha[6, 6] == pytest.approx(0.75, abs=0.01)
    composite = over(both.foreground, both.alpha[..., None], both.background)
    np.testing.assert_allclose(both.image, composite, atol=1e-5)
    assert (both.trimap[(both.alpha > 0) & (both.alpha < 1)] == UNKNOWN).all()


def test_the_trimap_of_one_foreground_does_not_serve_for_two(root: Path) -> None:
    write_trimap(root / "trimap.png", np.full(SIZE, BACKGROUND, dtype=np.uint8))
    small = np.zeros(SIZE, dtype=np.float32)
    small[10:14, 10:14] = 0.5
    write_alpha(root / "alpha" / "dog.png", small)
    files = MatteFiles(root / "fg" / "dog.png", root / "alpha" / "dog.png", root / "trimap.png")
    always = {"two_foregrounds": 1.0}
    sample = source(root, foregrounds=[files], pairs=[Pair(0)], composition=always).sample(0, rng())
    assert sample.trimap is not None
    assert (sample.trimap[small > 0] == UNKNOWN).all()


def test_the_colour_of_two_foregrounds_by_hand() -> None:
    red, green, blue = np.eye(3, dtype=np.float32)[:, None, None, :]
    half = np.full((1, 1), 0.5, dtype=np.float32)
    both = Layers.of(red, half, blue).with_on_top(green, half, blue)
    np.testing.assert_allclose(both.image, [[[0.25, 0.5, 0.25]]])
    np.testing.assert_allclose(both.alpha, [[0.75]])
    np.testing.assert_allclose(both.foreground, [[[1 / 3, 2 / 3, 0]]], rtol=1e-6)


def test_where_neither_foreground_is_seen_the_upper_colour_lies_over_the_lower() -> None:
    red, green, blue = np.eye(3, dtype=np.float32)[:, None, None, :]
    clear = np.zeros((1, 1), dtype=np.float32)
    both = Layers.of(red, clear, blue).with_on_top(green, clear, blue)
    np.testing.assert_array_equal(both.foreground, red)


def test_a_second_foreground_stays_away_where_no_background_would_remain(root: Path) -> None:
    write_alpha(root / "alpha" / "dog.png", np.full(SIZE, 0.9, dtype=np.float32))
    crowded = source(root, composition={"two_foregrounds": 1.0})
    found = {crowded.sample(0, rng(seed)).alpha[0, 0] for seed in range(8)}
    assert found == {0.0}


def test_denoised_files_are_read_by_chance(root: Path) -> None:
    cat = root / "fg" / "cat.png"
    smooth = colours("another cat")
    write_image(root / "fg_denoise" / "cat.png", smooth)
    some = source(root, denoised=0.5, denoised_files={cat: root / "fg_denoise" / "cat.png"})
    taken = [
        np.allclose(some.sample(0, rng(seed)).foreground, smooth, atol=0.01) for seed in range(40)
    ]
    assert 8 < sum(taken) < 32


@pytest.mark.parametrize(
    ("alpha", "says"),
    [
        (np.zeros(SIZE, dtype=np.float32), "is empty"),
        (np.ones((9, 7), dtype=np.float32), r"7x9 and .*cat\.png is 32x24"),
    ],
)
def test_an_alpha_that_cannot_be_used_is_refused(root: Path, alpha: Any, says: str) -> None:
    write_alpha(root / "alpha" / "cat.png", alpha)
    with pytest.raises(BadData, match=says):
        source(root).sample(0, rng())


def test_a_foreground_without_unknown_pixels_is_refused(root: Path) -> None:
    write_alpha(root / "alpha" / "cat.png", np.ones(SIZE, dtype=np.float32))
    with pytest.raises(BadData, match="no unknown pixel"):
        source(root).sample(0, rng())


def test_a_damaged_file_is_named(root: Path) -> None:
    (root / "fg" / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(BadImage, match=r"cat\.png"):
        source(root).sample(0, rng())


def test_alphas_near_0_and_1_can_be_taken_for_known(tmp_path: Path) -> None:
    root = grow(tmp_path, LISTING, (60, 80))
    noisy = soft_square((60, 80)) * 0.9 + 0.05
    write_alpha(root / "alpha" / "cat.png", noisy)
    sample = source(root, composition={"tolerance": 0.06}).sample(0, rng())
    assert (sample.alpha.min(), sample.alpha.max()) == (0, 1)
    np.testing.assert_allclose(sample.alpha[6, 6], 0.5, atol=0.01)
    for seed in range(5):
        part = source(root, composition={"tolerance": 0.06}).part(0, rng(seed), 12)
        assert (part.alpha == part.alpha[5, 5]).mean() < 1


def test_what_cannot_be_a_composition_is_refused() -> None:
    for options in (
        {"tolerance": 0.5},
        {"band": (5, 2)},
        {"two_foregrounds": 1.5},
        {"background_side": (0, 9)},
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            CompositionConfig(**options)

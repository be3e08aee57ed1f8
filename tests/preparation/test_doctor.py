"""What the doctor finds in a tree, and what it leaves in peace."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mattekit.core.errors import BadData
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha
from mattekit.data.augmentation.camera import jpeg
from mattekit.imaging.compose import over
from mattekit.imaging.files import encode_image, write_alpha, write_image, write_trimap
from mattekit.imaging.picture import to_depth
from mattekit.imaging.trimap import band
from mattekit.preparation.doctor import examine, is_mask, known_tests, looks_inverted
from mattekit.preparation.inventory import take_inventory
from mattekit.synthetic import KINDS, scene

SIZE = (48, 64)


def disc(softness: float = 3.0) -> Alpha:
    rows, columns = np.indices(SIZE)
    distance = np.hypot(rows - 24, columns - 32)
    return np.clip((14 - distance) / softness + 0.5, 0, 1).astype(np.float32)


def write_good(root: Path, names: tuple[str, ...] = ("a", "b")) -> Path:
    """A tree with image, alpha and trimap of each name."""
    for number, name in enumerate(names):
        write_image(root / f"image/{name}.png", scene(number, SIZE).image)
        write_alpha(root / f"alpha/{name}.png", disc())
        write_trimap(root / f"trimap/{name}.png", band(disc(), inner=2, outer=2))
    return root


def found(root: Path, *, allow_masks: bool = False) -> list[tuple[str, str]]:
    """Kind and file of every finding."""
    inventory = take_inventory(root)
    findings = [(one.kind, one.path.name) for one in inventory.unpaired]
    for entry in inventory.entries:
        examined = examine(entry, allow_masks=allow_masks)
        findings += [(one.kind, one.path.relative_to(root).as_posix()) for one in examined.findings]
    return findings


def test_a_good_tree_has_no_findings(tmp_path: Path) -> None:
    assert found(write_good(tmp_path)) == []


def spoil_bytes(root: Path) -> None:
    (root / "image/a.png").write_bytes((root / "image/a.png").read_bytes()[:90])


def spoil_colour(root: Path) -> None:
    write_image(root / "alpha/a.png", scene(0, SIZE).image)


def spoil_size(root: Path) -> None:
    write_image(root / "image/a.png", scene(0, (40, 64)).image)


def spoil_empty(root: Path) -> None:
    write_alpha(root / "alpha/a.png", np.zeros(SIZE, np.float32))


def spoil_full(root: Path) -> None:
    write_alpha(root / "alpha/a.png", np.ones(SIZE, np.float32))


def spoil_inverted(root: Path) -> None:
    write_alpha(root / "alpha/a.png", over(0, disc(), 1))


def spoil_mask(root: Path) -> None:
    write_alpha(root / "alpha/a.png", (disc() > 0.5).astype(np.float32))


def spoil_trimap(root: Path) -> None:
    write_alpha(root / "trimap/a.png", disc(20))


def spoil_known(root: Path) -> None:
    write_alpha(root / "trimap/a.png", (disc() > 0.5).astype(np.float32))


def spoil_labels(root: Path) -> None:
    labels = band(disc(), inner=2, outer=2)
    (root / "trimap/a.png").write_bytes(encode_image(labels, format="png"))


@pytest.mark.parametrize(
    ("spoil", "kind", "file"),
    [
        (spoil_bytes, "unreadable", "image/a.png"),
        (spoil_colour, "unreadable", "alpha/a.png"),
        (spoil_size, "size", "image/a.png"),
        (spoil_empty, "empty", "alpha/a.png"),
        (spoil_full, "empty", "alpha/a.png"),
        (spoil_inverted, "inverted", "alpha/a.png"),
        (spoil_mask, "mask", "alpha/a.png"),
        (spoil_trimap, "trimap", "trimap/a.png"),
        (spoil_known, "trimap", "trimap/a.png"),
        (spoil_labels, "unreadable", "trimap/a.png"),
    ],
)
def test_one_bad_file_is_one_finding_that_names_it(
    tmp_path: Path, spoil: Callable[[Path], None], kind: str, file: str
) -> None:
    spoil(write_good(tmp_path))
    assert found(tmp_path) == [(kind, file)]


def test_masks_are_let_through_where_they_are_meant(tmp_path: Path) -> None:
    spoil_mask(write_good(tmp_path))
    assert found(tmp_path, allow_masks=True) == []


def test_the_alpha_channel_of_a_cut_out_is_looked_at_and_an_opaque_one_is_not(
    tmp_path: Path,
) -> None:
    image = scene(0, SIZE).image
    opaque = np.ones(SIZE, np.float32)
    alphas = {"good": disc(), "mask": disc() > 0.5, "empty": 0 * opaque, "opaque": opaque}
    for name, alpha in alphas.items():
        write_image(tmp_path / f"cut-outs/{name}.png", image, alpha=alpha.astype(np.float32))
    assert found(tmp_path) == [("empty", "cut-outs/empty.png"), ("mask", "cut-outs/mask.png")]


def test_an_alpha_that_its_trimap_contradicts_is_inverted_whatever_its_border_is(
    tmp_path: Path,
) -> None:
    write_good(tmp_path)
    ramp = np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1))
    write_alpha(tmp_path / "alpha/a.png", ramp)
    trimap = np.full(SIZE, UNKNOWN, np.uint8)
    trimap[:, :10], trimap[:, -10:] = FOREGROUND, BACKGROUND
    write_trimap(tmp_path / "trimap/a.png", trimap)
    assert found(tmp_path) == [("inverted", "trimap/a.png")]


@pytest.mark.parametrize("quality", [75, 95])
def test_a_mask_that_jpeg_has_smeared_is_a_mask_and_a_matte_stays_a_matte(quality: int) -> None:
    for softness, expected in ((1e-3, True), (3.0, False)):
        coded = jpeg(np.dstack([disc(softness)] * 3), quality)
        assert is_mask(to_depth(coded[..., 1], 8)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_no_procedural_matte_is_taken_for_a_mask_or_for_inverted(kind: str) -> None:
    for seed in range(3):
        alpha = to_depth(scene(seed, (120, 140), kind=kind).alpha, 8)
        assert not is_mask(alpha)
        assert not looks_inverted(alpha)


def test_files_without_a_partner_are_told_from_both_sides(tmp_path: Path) -> None:
    write_good(tmp_path, ("a", "b", "c"))
    for name in ("image/a.png", "alpha/b.png", "trimap/c.png"):
        (tmp_path / name).unlink()
    unpaired = take_inventory(tmp_path).unpaired
    told = {(one.path.relative_to(tmp_path).as_posix(), one.sentence) for one in unpaired}
    assert told == {
        ("alpha/a.png", "has no image"),
        ("image/b.png", "has no alpha"),
        ("trimap/b.png", "has no alpha"),
        ("alpha/c.png", "has no trimap"),
    }


def test_a_file_without_a_partner_is_looked_at_all_the_same(tmp_path: Path) -> None:
    write_good(tmp_path)
    (tmp_path / "alpha/a.png").unlink()
    (tmp_path / "image/a.png").write_bytes(b"no picture")
    assert ("unreadable", "image/a.png") in found(tmp_path)
    assert take_inventory(tmp_path).files == 5


@pytest.mark.slow
def test_composites_belong_to_their_foreground_and_a_stock_of_backgrounds_to_nobody(
    tmp_path: Path,
) -> None:
    for name in ("cat", "wine glass"):
        write_image(tmp_path / f"Train/fg/{name}.png", scene(1, SIZE).image)
        write_alpha(tmp_path / f"Train/alpha/{name}.png", disc())
        for k in range(2):
            write_image(tmp_path / f"Train/merged_cv/{name}_{k}.png", scene(2 + k, SIZE).image)
    for name in ("h_1", "h_2", "h_3"):
        write_image(tmp_path / f"Train/bg/{name}.jpg", scene(9, (30, 30)).image)
        write_image(tmp_path / f"BG-20k/train/{name}.jpg", scene(9, (31, 30)).image)
    inventory = take_inventory(tmp_path)
    assert inventory.unpaired == ()
    partners = {entry.lead.name: len(entry.partners) for entry in inventory.entries}
    assert partners["cat.png"] == partners["wine glass.png"] == 3
    assert partners["h_1.jpg"] == 0
    assert len(inventory.entries) == 8
    assert found(tmp_path) == []


def test_a_tree_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(BadData, match="holds no pictures"):
        take_inventory(tmp_path)


def test_test_sets_are_known_by_their_folders(tmp_path: Path) -> None:
    for folder in ("AIM-500", "AM-2k/train", "AM-2k/validation", "P3M-500-NP"):
        write_good(tmp_path / folder, ("x",))
    told = [finding.sentence for finding in known_tests(tmp_path, take_inventory(tmp_path))]
    assert sorted(sentence.split(":")[0] for sentence in told) == [
        "is AIM-500", "is AM-2k/validation", "is P3M-500-NP",
    ]  # fmt: skip


def test_foregrounds_of_composition_1k_are_known_by_the_list_and_only_outside_of_their_place(
    tmp_path: Path,
) -> None:
    for place in ("Training_set/Other", "Test_set/Adobe-licensed images"):
        for name in ("cat", "dog"):
            write_image(tmp_path / place / f"fg/{name}.jpg", scene(1, SIZE).image)
            write_alpha(tmp_path / place / f"alpha/{name}.jpg", disc())
    assert known_tests(tmp_path, take_inventory(tmp_path)) == []
    (tmp_path / "Test_set/test_fg_names.txt").write_text("dog.png\n")
    for root in (tmp_path, tmp_path / "Training_set"):
        (finding,) = known_tests(root, take_inventory(root))
        assert finding.path == tmp_path / "Training_set/Other/alpha/dog.jpg"
        assert "Composition-1k" in finding.sentence

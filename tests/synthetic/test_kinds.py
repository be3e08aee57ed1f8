"""Generators: what each promises about its alpha."""

import cv2
import numpy as np
import pytest

from mattekit.synthetic import alpha_of_kind, foreground_colours, subject_of_kind
from mattekit.synthetic.colours import MATERIALS
from mattekit.synthetic.fields import disc_blur, motion_blur
from mattekit.synthetic.generators.hair import STYLES, Hairstyle
from mattekit.synthetic.outlines import contour_roots, ellipse

SIZE = (128, 128)


def alphas(kind: str, count: int = 4) -> list[np.ndarray]:
    return [alpha_of_kind(kind, np.random.default_rng(seed), SIZE) for seed in range(count)]


def soft_share(alpha: np.ndarray) -> float:
    return float(((alpha > 0) & (alpha < 1)).mean())


def test_hard_things_are_soft_over_one_pixel_only() -> None:
    for alpha in alphas("hard"):
        neighbours = [np.roll(alpha, shift, axis) for axis in (0, 1) for shift in (-1, 1)]
        spread = np.max(neighbours, axis=0) - np.min(neighbours, axis=0)
        inner = ((alpha > 0) & (alpha < 1))[1:-1, 1:-1]
        assert (spread[1:-1, 1:-1][inner] > 0.5).mean() > 0.9


def test_defocus_motion_and_vapour_are_softer_than_hard_things() -> None:
    hard = np.mean([soft_share(alpha) for alpha in alphas("hard", 6)])
    for kind in ("defocused", "moving", "smoke", "flame", "veil", "glass"):
        assert np.mean([soft_share(alpha) for alpha in alphas(kind, 6)]) > 2 * hard


@pytest.mark.slow
def test_holes_and_nets_have_background_inside() -> None:
    for kind in ("holes", "net", "lace"):
        pieces = [cv2.connectedComponents(np.uint8(alpha < 0.1))[0] for alpha in alphas(kind)]
        assert sum(pieces) > 12


@pytest.mark.slow
def test_hair_has_thin_strands_beside_an_opaque_body() -> None:
    for alpha in alphas("hair", 6):
        assert (alpha == 1).mean() > 0.01
    faint = [((alpha > 0.02) & (alpha < 0.4)).mean() for alpha in alphas("hair", 6)]
    assert np.mean(faint) > 0.01


def test_every_style_gives_every_number_of_a_hairstyle() -> None:
    for ranges in STYLES.values():
        Hairstyle(**{name: low for name, (low, _) in ranges.items()})
        assert all(low <= high for low, high in ranges.values())


def test_strand_by_strand_the_colour_changes() -> None:
    rng = np.random.default_rng(2)
    subject = subject_of_kind("tress", rng, SIZE)
    assert subject.shade is not None
    colours = foreground_colours(rng, subject).mean(axis=-1)
    inside = subject.alpha > 0.9
    assert np.corrcoef(subject.shade[inside], colours[inside])[0, 1] > 0.6


@pytest.mark.parametrize("material", MATERIALS)
def test_every_material_is_brighter_in_light_than_in_shadow(material: str) -> None:
    rng = np.random.default_rng(3)
    shade = np.tile(np.float32([-0.8, 0.8]).repeat(32), (64, 1))
    image = MATERIALS[material](rng, shade, np.zeros_like(shade))
    if material != "flame":  # which shines itself, the more the hotter
        assert image[:, 40:].mean() > image[:, :24].mean()
    image = MATERIALS[material](rng, np.zeros_like(shade), shade)
    assert image[:, 40:].mean() > image[:, :24].mean()


def test_a_point_out_of_focus_is_a_disc() -> None:
    for radius in (3.0, 8.0, 20.0):
        point = np.zeros((101, 101), np.float32)
        point[50, 50] = 1
        disc = disc_blur(point, radius)
        assert disc.sum() == pytest.approx(1, rel=0.05)
        reach = np.hypot(*(np.nonzero(disc > 0.3 * disc.max()) - np.array([[50], [50]])))
        assert reach.max() == pytest.approx(radius, abs=max(2, radius / 3))


def test_motion_spreads_a_point_along_its_way() -> None:
    point = np.zeros((61, 61), np.float32)
    point[30, 30] = 1
    trace = motion_blur(point, far=20, angle=0.0, turn=0.0)
    assert trace.sum() == pytest.approx(1, rel=0.05)
    assert np.nonzero(trace.sum(axis=0) > 0.01)[0].tolist() == pytest.approx(range(20, 41), abs=2)
    assert trace[28].sum() == 0


def test_roots_lie_on_the_outline_and_point_outwards() -> None:
    rng = np.random.default_rng(4)
    roots, outward = contour_roots(rng, SIZE, [ellipse(64, 64, 40, 40)], 100)
    away = roots - 64
    assert np.hypot(*away.T) == pytest.approx(40, abs=2)
    turned = np.angle(np.exp(1j * (outward - np.arctan2(away[:, 1], away[:, 0]))))
    assert abs(turned).max() < 0.4


def test_an_outline_far_from_the_picture_has_no_roots() -> None:
    roots, outward = contour_roots(np.random.default_rng(5), SIZE, [ellipse(5000, 64, 40, 40)], 100)
    assert len(roots) == len(outward) == 0

"""One subject on two colours."""

from dataclasses import replace

import numpy as np
import pytest
from keying.stages import disc, two_halves

from mattekit.core.errors import BadImage
from mattekit.imaging.arrays import as_picture
from mattekit.imaging.compose import over, over_linear
from mattekit.imaging.picture import Picture, to_depth
from mattekit.keying.pair import pair_pictures
from mattekit.synthetic.scene import scene

WHITE, BLACK = np.ones(3, np.float32), np.zeros(3, np.float32)


def on(colour: np.ndarray, mix: object = over, *, bits: int = 8) -> Picture:
    picture = scene(6, (120, 160), kind="dandelion")
    image = mix(
        picture.foreground, picture.alpha[..., None], np.broadcast_to(colour, (120, 160, 3))
    )
    return as_picture(to_depth(image.astype(np.float32), bits))


@pytest.mark.parametrize("mix", [over, over_linear])
def test_alpha_and_colours_are_exact_to_the_depth_of_the_files(mix: object) -> None:
    true = scene(6, (120, 160), kind="dandelion")
    colours = (WHITE, BLACK)
    cut = pair_pictures(on(WHITE, mix, bits=16), on(BLACK, mix, bits=16), colours=colours)
    assert np.abs(cut.alpha - true.alpha).max() < 0.002
    solid = true.alpha > 0.3
    assert np.abs(cut.foreground - true.foreground)[solid].max() < 0.002
    assert cut.warnings == []


def test_the_backgrounds_are_found_at_the_border() -> None:
    alpha, own = disc((90, 120)), two_halves((90, 120))
    pictures = [
        as_picture(over(own, alpha[..., None], np.float32(colour)))
        for colour in ([0.95, 0.97, 0.9], [0.1, 0.2, 0.6])
    ]
    assert np.abs(pair_pictures(*pictures).alpha - alpha).max() < 0.003


def test_a_picture_that_moved_is_brought_back_and_said() -> None:
    first, second = on(WHITE), on(BLACK)
    second = replace(second, colours=np.roll(second.colours, (2, -3), (0, 1)))
    cut = pair_pictures(first, second)
    assert "was moved by 3.0 pixels across and -2.0 down" in cut.warnings[0]
    true = scene(6, (120, 160), kind="dandelion").alpha
    assert np.abs(cut.alpha - true)[4:-4, 4:-4].mean() < 0.01


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (lambda: on(WHITE), "nearly one background"),
        (lambda: as_picture(np.zeros((9, 9, 3), np.float32)), "9x9; a pair has one size"),
        (
            lambda: as_picture(over(WHITE, disc((120, 160))[..., None], BLACK)),
            "contradict each other",
        ),
    ],
)
def test_what_is_no_pair_is_refused(second: object, sentence: str) -> None:
    with pytest.raises(BadImage, match=sentence):
        pair_pictures(on(WHITE), second())

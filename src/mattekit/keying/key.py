"""Keying: the subject of a picture whose background is known, a screen or an empty plate.

The background without the subject (`screen`, `plate`) tells where it shows alone (`regions`);
between there and the core of the subject both are taken apart (`unmix`), and what light of a screen
is left on the subject goes (`despilled`). All in linear light; of EXR with values above 1 kept.
"""

from collections.abc import Callable

import cv2
import numpy as np

from mattekit.classical.estimates import estimates_over
from mattekit.classical.unmix import unmix
from mattekit.core.config import config
from mattekit.core.errors import BadArgument, NoSubject
from mattekit.core.matte import Matte
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Image, Mask, Plane, Trimap
from mattekit.cutouts.cutout import Cutout, opened
from mattekit.imaging.arrays import ArrayLike, as_mask, is_array
from mattekit.imaging.compose import named_colour, to_srgb
from mattekit.imaging.files import MAX_PIXELS, read_alpha
from mattekit.imaging.picture import Picture, to_depth
from mattekit.imaging.sources import Source
from mattekit.inference.predictor import Predictor
from mattekit.keying.plate import fitted_to, light_of
from mattekit.keying.regions import difference, empty_of, noise_of, regions
from mattekit.keying.screen import dominance, fitted_plate, screen_colour
from mattekit.subject.bands import enclosed, fitted, grown, small_parts, soft_bands

OPAQUE = 0.15
"""Share of the screen below which a pixel may be the core of the subject, with spill on it."""
HOLE = 0.4
"""Share of the screen that a hole in the core shows somewhere, or it is none."""
STEP = 1 / 255  # of alpha in 8 bits
LEAST_CORE = 0.015
"""Of the mixed pixels: a smaller core does not say which colours the subject has."""
DENSEST = 0.05
"""Share of the mixed pixels that say it then, on the ground that the screen's hue is not theirs."""
MOST_SCREEN = 0.95
AROUND = 8  # pixels around soft ones whose colours are the subject's too
LIKE_THE_SCREEN = 0.02
"""Share of the subject in the screen's hue that is remarked on."""

Mix = tuple[Image, Trimap, Plane, Image | None]
"""Plate, trimap, core, and the colours of the core where they are not those of the photo."""


@config
class KeyOptions:
    """How a subject is keyed."""

    screen_colour: str | None = None
    """A name or #rrggbb near the screen's colour; by default the one that rules the border."""
    softness: float = 1.0
    """How readily pixels count as mixed: above 1 finer hair is found, and more noise."""
    despill: float = 1.0
    """Share of the screen's light that is taken from the subject."""
    despeckle: int = 30
    """Pixels up to which a lone piece or hole is noise."""

    def __post_init__(self) -> None:
        if not 0.1 <= self.softness <= 10:
            raise BadArgument(f"the softness {self.softness:g} is not from 0.1 to 10")
        if not 0 <= self.despill <= 1 or self.despeckle < 0:
            raise BadArgument("despill goes from 0 to 1, and despeckle from 0 on")
        if self.screen_colour is not None:
            named_colour(self.screen_colour)  # which refuses what is none


def key(
    photo: Source | ArrayLike,
    *,
    plate: Source | ArrayLike | None = None,
    garbage: Source | ArrayLike | None = None,
    holdout: Source | ArrayLike | None = None,
    screen_colour: str | None = None,
    softness: float = 1.0,
    despill: float = 1.0,
    despeckle: int = 30,
) -> Cutout:
    """Cut out the subject before a green, blue or other screen, or before what `plate` shows.

    Args:
        photo: a file, its bytes, or an array h w 3.
        plate: the same picture without the subject.
        garbage: white where there is never any subject: a mask, or its file.
        holdout: white where the subject is, whatever its colour.
        screen_colour: near that of the screen; default: the one that rules the border.
        softness: above 1 finer hair is found, and more noise.
        despill: share of the screen's light that is taken from the subject.
        despeckle: pixels up to which a lone piece or hole is noise.

    Raises:
        MattekitError: with one sentence that says what was found, expected, and to be done.

    >>> from mattekit.synthetic.screens import screen_scene
    >>> key(screen_scene(4, 96, kind="blob").image).rgba().shape
    (96, 96, 4)
    """
    picture = opened(photo)
    options = KeyOptions(
        screen_colour=screen_colour, softness=softness, despill=despill, despeckle=despeckle
    )
    masks = read_masks(picture, garbage, holdout)
    empty = None if plate is None else opened(plate)
    return key_picture(picture, empty, options=options, masks=masks)


def read_masks(
    picture: Picture,
    garbage: Source | ArrayLike | None,
    holdout: Source | ArrayLike | None,
    *,
    max_pixels: int = MAX_PIXELS,
) -> Trimap:
    """Labels of both masks: garbage is background, holdout foreground, all else unknown."""
    marked: Trimap = np.full(picture.size, UNKNOWN, np.uint8)
    for given, label in ((holdout, FOREGROUND), (garbage, BACKGROUND)):
        if given is not None:
            mask = as_mask(given) if is_array(given) else read_alpha(given, max_pixels=max_pixels)
            marked[fitted(mask, picture.size)[0] > 0.5] = label
    return marked


def key_picture(
    picture: Picture,
    plate: Picture | None = None,
    *,
    options: KeyOptions | None = None,
    masks: Trimap | None = None,
    network: Predictor | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Cutout:
    """Cut the subject out of an opened picture; see `key`.

    Args:
        masks: what `read_masks` made of them.
        network: corrects the alpha; trained with the recipe `key`.
    """
    options = options or KeyOptions()
    marked = read_masks(picture, None, None) if masks is None else masks
    report = progress or (lambda stage, share: None)
    report("background", 0.0)
    light = light_of(picture)
    warnings = list(picture.warnings)
    screen = screen_colour(light, options.screen_colour) if plate is None else None
    if screen is not None:
        behind, trimap, core, own = _before_screen(light, screen, options, marked, warnings)
    else:
        assert plate is not None
        behind, trimap, core, own = _before_plate(light, picture, plate, options, marked, warnings)
    report("alpha", 0.0)
    colours = light.copy()
    mixed = trimap == UNKNOWN
    where = mixed | (grown(mixed, AROUND) & (trimap == BACKGROUND))
    noise = noise_of(difference(light, behind)[trimap == BACKGROUND])
    share, colours[where] = unmix(light, behind, core, where, noise=noise, own=own)
    alpha = (trimap == FOREGROUND).astype(np.float32)
    alpha[where] = share
    alpha[trimap == BACKGROUND] = 0
    alpha[(alpha < STEP) | small_parts(alpha >= STEP, options.despeckle)] = 0
    alpha[(alpha > 1 - STEP) | small_parts(alpha <= 1 - STEP, options.despeckle)] = 1
    if network is not None and mixed.any() and (trimap == FOREGROUND).any():
        image = picture.image()
        plate_colours = to_srgb(behind.clip(0, 1))
        prior = estimates_over(image, trimap, plate_colours, network.network.estimates)
        alpha = network.planes(image, trimap, ("alpha",), further={"prior": prior})["alpha"]
    report("colours", 0.0)
    if screen is not None and options.despill:
        colours = despilled(colours, screen, options.despill)
    if picture.alpha is not None:
        alpha *= picture.alpha_window()
    return Cutout(
        matte=Matte(alpha=alpha, warnings=warnings),
        colours=colours if picture.linear is not None else _in_depth_of(picture, light, colours),
        trimap=trimap,
        plate=to_srgb(behind.clip(0, 1)),
        model=network.name if network else "key" if plate is None else "plate",
        linear=picture.linear is not None,
    )


def despilled(light: Image, screen: Plane, amount: float) -> Image:
    """Without the light of the screen by which its channels surpass the others.

    Skin, yellow and all that the screen's channels do not rule stay as they are.
    """
    spill = np.maximum(dominance(light, screen), 0) / dominance(screen, screen)
    clean: Image = np.maximum(light - np.float32(amount) * spill[..., None] * screen, 0)
    return clean


def _before_screen(
    light: Image, screen: Plane, options: KeyOptions, marked: Trimap, warnings: list[str]
) -> Mix:
    plate = fitted_plate(light, screen)
    apart = difference(light, plate)
    smooth = cv2.blur(light, (3, 3))
    share = dominance(smooth, screen) / np.maximum(dominance(plate, screen), 1e-4)
    empty = empty_of(apart, softness=options.softness, despeckle=options.despeckle)
    empty, subject = _overruled(empty, share < OPAQUE, marked)
    trimap = regions(empty, subject, softness=options.softness)
    alike = enclosed(trimap, share > HOLE)  # parts of the core that nowhere show much of the screen
    trimap[alike] = FOREGROUND
    np.copyto(trimap, marked, where=marked != UNKNOWN)
    _check_found(trimap, "the screen")
    kept = alike.sum() / max(1, int((trimap == FOREGROUND).sum()))
    if kept > LIKE_THE_SCREEN:
        warnings.append(
            f"{kept:.0%} of the subject has something of the screen's colour and was kept; "
            "a holdout mask says what belongs to it, a garbage mask what does not"
        )
    core, mixed = trimap == FOREGROUND, trimap == UNKNOWN
    if core.sum() > LEAST_CORE * mixed.sum():
        return plate, trimap, core.astype(np.float32), None
    share = share.clip(0, MOST_SCREEN)
    densest = mixed & (share <= np.quantile(share[mixed], DENSEST))
    share = share[..., None]
    own = (np.maximum(light - share * plate, 0) / (1 - share)).astype(np.float32)
    return plate, trimap, (core | densest).astype(np.float32), own


def _before_plate(
    light: Image,
    picture: Picture,
    given: Picture,
    options: KeyOptions,
    marked: Trimap,
    warnings: list[str],
) -> Mix:
    plate, remarks = fitted_to(light, given)
    warnings += remarks
    apart = difference(light, plate, moved=True)
    empty = empty_of(apart, softness=options.softness, despeckle=options.despeckle)
    inside = ~empty | small_parts(empty, max(options.despeckle, 0.002 * empty.size))
    empty, subject = _overruled(empty & ~inside, inside, marked)
    if not subject.any() or subject.all():
        _check_found(np.where(subject, UNKNOWN, BACKGROUND).astype(np.uint8), "the plate")
    bands = soft_bands(picture.colours, subject.astype(np.float32))
    trimap = regions(empty, subject & (bands == FOREGROUND), softness=options.softness)
    np.copyto(trimap, marked, where=marked != UNKNOWN)
    _check_found(trimap, "the plate")
    return plate, trimap, (trimap == FOREGROUND).astype(np.float32), None


def _overruled(empty: Mask, subject: Mask, marked: Trimap) -> tuple[Mask, Mask]:
    never, always = marked == BACKGROUND, marked == FOREGROUND
    empty, subject = (empty | never) & ~always, (subject | always) & ~never
    return empty, subject


def _check_found(trimap: Trimap, what: str) -> None:
    if not (trimap != BACKGROUND).any():
        raise NoSubject(
            f"nothing stands out from {what}: every pixel has its colour; give a photo with a "
            "subject in other colours, or a holdout mask"
        )
    if not (trimap == BACKGROUND).any():
        raise NoSubject(
            f"no pixel shows {what} alone; show some of it, or cut the photo out with a hint"
        )


def _in_depth_of(picture: Picture, light: Image, colours: Image) -> Plane:
    """sRGB-coded, in the depth of the picture; its own samples where nothing changed."""
    coded = to_srgb(colours.clip(0, 1))
    if picture.bits < 32:
        coded = to_depth(coded, picture.bits)
    changed = (colours != light).any(axis=2, keepdims=True)
    return np.where(changed, coded, picture.colours)

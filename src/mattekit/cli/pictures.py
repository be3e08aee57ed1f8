"""One picture in, one picture out: `trimap`, `foreground`, `composite` and `inspect`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from typer import Argument, BadParameter, Option

from mattekit.batch.files import gather
from mattekit.batch.names import INSPECTION, is_drawing
from mattekit.batch.runner import Outcome
from mattekit.classical.foreground import ForegroundMethod
from mattekit.cli.options import (
    BatchOptions,
    Bits,
    MaxPixels,
    Output,
    Pictures,
    Seed,
)
from mattekit.cli.photo_options import BackgroundFit
from mattekit.cli.report import run_pictures
from mattekit.core.errors import BadData, BadImage
from mattekit.core.types import size_text
from mattekit.cutouts.cutout import own_colours
from mattekit.cutouts.save import Backdrop, read_backdrop
from mattekit.evaluation.inspection import inspect_cutout
from mattekit.evaluation.pictures import inspection_picture
from mattekit.imaging.compose import over, over_linear
from mattekit.imaging.files import MAX_PIXELS, open_picture, read_alpha, write_image, write_trimap
from mattekit.imaging.trimap import legacy, make_trimap, random_band

Style = Literal["band", "legacy"]
AlphaOf = Annotated[Path, Argument(metavar="ALPHA", help="Its alpha or cut-out, or a folder.")]


def trimap(
    mattes: Pictures,
    output: Output,
    inner: Annotated[float, Option(metavar="N", help="Pixels unknown inside the edge.")] = 10,
    outer: Annotated[float, Option(metavar="N", help="Pixels unknown outside the edge.")] = 10,
    random: Annotated[
        tuple[int, int] | None,
        Option(metavar="MIN MAX", help="Draw both widths at random from this range."),
    ] = None,
    style: Annotated[
        Style, Option(help="legacy: the published generator with even kernels.")
    ] = "band",
    seed: Seed = 0,
    max_pixels: MaxPixels = MAX_PIXELS,
    *,
    batch: BatchOptions,
) -> None:
    """Make a trimap of every alpha or mask: a band around the edge is unknown."""
    if style == "legacy" and random is not None:
        raise BadParameter("--random goes with --style band; legacy draws its own widths")
    if not (inner >= 0 and outer >= 0):
        raise BadParameter(f"a band of {inner:g} and {outer:g} pixels; give 0 or more")
    work = partial(
        _trimap,
        style=style,
        widths=(inner, outer),
        random=random,
        seed=seed,
        max_pixels=max_pixels,
    )
    run_pictures(gather(mattes), output, work, batch, part="trimap")


def _trimap(
    path: Path,
    place: Path,
    *,
    style: Style,
    widths: tuple[float, float],
    random: tuple[int, int] | None,
    seed: int,
    max_pixels: int,
) -> Outcome:
    alpha = read_alpha(path, max_pixels=max_pixels)
    # the widths depend on the seed and the name of a picture, not on its position in the batch
    rng = np.random.default_rng([seed, *path.stem.encode()])
    if style == "legacy":
        found = legacy(alpha, rng)
    elif random is not None:
        found = random_band(alpha, rng, minimum=random[0], maximum=random[1])
    else:
        found = make_trimap(alpha, *widths)
    write_trimap(place, found)
    same = [f"the matte is {alpha.flat[0]:g} everywhere, so the trimap has one value"]
    return Outcome(outputs=[place], warnings=same if alpha.min() == alpha.max() else [])


def foreground(
    photo: Annotated[str, Argument(metavar="PHOTO", help="A picture, or a folder.")],
    alpha: AlphaOf,
    output: Output,
    method: Annotated[
        ForegroundMethod,
        Option(help="multilevel is fast, closed-form and levin exact, none keeps the photo's."),
    ] = "multilevel",
    rgba: Annotated[bool, Option(help="Store the alpha in the file too.")] = False,
    bits: Bits = 8,
    max_pixels: MaxPixels = MAX_PIXELS,
    *,
    batch: BatchOptions,
) -> None:
    """Write the subject's own colours, without the background mixed into soft pixels."""
    work = partial(_foreground, method=method, rgba=rgba, bits=bits, max_pixels=max_pixels)
    run_pictures(gather([photo]), output, work, batch, part="foreground", alpha=alpha)


def _foreground(
    photo: Path,
    alpha: Path,
    place: Path,
    *,
    method: ForegroundMethod,
    rgba: bool,
    bits: int,
    max_pixels: int,
) -> Outcome:
    picture = open_picture(photo, max_pixels=max_pixels)
    opacity = read_alpha(alpha, max_pixels=max_pixels)
    write_image(
        place,
        own_colours(picture, opacity, method),
        alpha=opacity if rgba else None,
        bits=bits,
        linear=picture.linear is not None,
    )
    return Outcome(outputs=[place], warnings=picture.warnings, model=method)


def composite(
    foreground: Annotated[str, Argument(metavar="FOREGROUND", help="A picture, or a folder.")],
    alpha: AlphaOf,
    background: Annotated[
        str, Argument(metavar="BACKGROUND", help="A picture, or a colour such as white.")
    ],
    output: Output,
    linear: Annotated[bool, Option(help="Mix in linear light.")] = False,
    fit: BackgroundFit = "cover",
    bits: Bits = 8,
    max_pixels: MaxPixels = MAX_PIXELS,
    *,
    batch: BatchOptions,
) -> None:
    """Put FOREGROUND with ALPHA on BACKGROUND."""
    backdrop = read_backdrop(background, fit)
    work = partial(_composite, backdrop=backdrop, linear=linear, bits=bits, max_pixels=max_pixels)
    run_pictures(
        gather([foreground]),
        output,
        work,
        batch,
        part="composite",
        alpha=alpha,
        inputs=backdrop.files,
    )


def _composite(
    path: Path,
    alpha: Path,
    place: Path,
    *,
    backdrop: Backdrop,
    linear: bool,
    bits: int,
    max_pixels: int,
) -> Outcome:
    picture = open_picture(path, max_pixels=max_pixels)
    opacity = read_alpha(alpha, max_pixels=max_pixels)
    if opacity.shape != picture.size:
        raise BadImage(
            f"the foreground is {size_text(picture.size)} and the alpha "
            f"{size_text(opacity.shape)}; they must have the same size"
        )
    behind = np.broadcast_to(backdrop.at(picture.size), picture.colours.shape)
    mix = over_linear if linear else over
    write_image(place, mix(picture.image(), opacity[..., None], behind), bits=bits)
    return Outcome(outputs=[place], warnings=picture.warnings)


def inspect(
    cutouts: Annotated[
        list[str], Argument(metavar="CUTOUT", help="RGBA files, folders or quoted globs.")
    ],
    output: Output = Path("inspections"),
    max_pixels: MaxPixels = MAX_PIXELS,
    *,
    batch: BatchOptions,
) -> None:
    """Score cut-outs of any tool, and write a picture of their faults.

    Faults are halos, holes, hard edges, and colours multiplied by alpha by mistake. The picture
    shows the cut-out on black, on white, and its faults in colour.
    """
    paths = [path for path in gather(cutouts) if not is_drawing(path)]
    if not paths:
        raise BadData(f"{cutouts[0]} has previews and inspections but no cut-out; give RGBA files")
    work = partial(_inspect, max_pixels=max_pixels)
    run_pictures(paths, output, work, batch, part=INSPECTION, suffix=".jpg", show_extra=True)


def _inspect(path: Path, place: Path, *, max_pixels: int) -> Outcome:
    picture = open_picture(path, max_pixels=max_pixels)
    if picture.alpha is None:
        raise BadImage(f"{path} has no alpha channel; give an RGBA cut-out")
    colours, alpha = picture.image(), picture.alpha_window()
    inspection = inspect_cutout(colours, alpha)
    write_image(place, inspection_picture(colours, alpha, inspection))
    warnings = [*picture.warnings, *inspection.findings]
    return Outcome(outputs=[place], warnings=warnings, extra=inspection.scores)

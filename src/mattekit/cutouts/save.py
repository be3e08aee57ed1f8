"""Saving a cut-out: its parts, their formats, and the background that it is put on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import PIL.ExifTags
import PIL.Image

from mattekit.core.errors import BadArgument
from mattekit.core.storage import as_path
from mattekit.core.types import Image, Plane, Size
from mattekit.cutouts.cutout import Cutout
from mattekit.cutouts.layers import check_layers, write_layers
from mattekit.cutouts.preview import preview
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import read_image, write_alpha, write_image, write_trimap
from mattekit.imaging.formats.encode import format_named, format_of
from mattekit.imaging.picture import Picture
from mattekit.imaging.resize import contain, cover, resize

SaveFormat = Literal["png", "webp", "tiff", "jpeg", "avif", "bmp", "exr", "psd"]
PSD = ".psd"
DESCRIPTION = PIL.ExifTags.Base.ImageDescription
PARTS = ("rgba", "alpha", "foreground", "trimap", "preview", "layers")
CLEAN = {"rgba", "foreground", "preview", "layers"}
"""Parts that contain the subject's own colours."""


Fit = Literal["cover", "contain", "stretch"]
HOW: dict[Fit, Callable[[Image, Size], Image]] = {
    "cover": cover,
    "contain": contain,
    "stretch": resize,
}


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """A colour, or a picture and how it is fitted."""

    name: str
    """The name in file names."""
    colours: Plane
    """3 values, or h w 3."""
    fit: Fit = "cover"
    files: tuple[Path, ...] = ()
    """The picture's file."""

    def at(self, size: Size) -> Plane:
        """The background for a photo of this size."""
        if self.colours.ndim == 1:
            return self.colours
        return HOW[self.fit](self.colours, size)


@dataclass(frozen=True, kw_only=True)
class SaveOptions:
    """Parts and format of the files of every photo."""

    parts: tuple[str, ...] = ("rgba",)
    format: SaveFormat | None = None
    """Default: PNG; for an EXR photo, EXR in linear light for parts with colours."""
    bits: int = 8
    straight: bool = False
    """Colours of EXR are not multiplied by alpha."""
    keep_metadata: bool = False
    """Copy the EXIF data of the photo to the cut-out, and to the subject on its background."""
    backdrop: Backdrop | None = None
    """Also write the subject on this background."""

    def check(self) -> None:
        """Refuse, before any work, what the format cannot hold."""
        if "layers" in self.parts:
            check_layers(Path(f"layers{self.layered}"), self.bits)
        if self.format not in (None, "psd"):
            cut_out = "rgba" in self.parts
            exif = b"any" if self.keep_metadata and (cut_out or self.backdrop) else b""
            format_named(self.format).check(bits=self.bits, alpha=cut_out, exif=exif, size=(1, 1))
        if self.straight and self.format not in (None, "exr"):
            raise BadArgument(f"{self.format.upper()} is always straight; --straight is for EXR")

    @property
    def layered(self) -> str:
        """The suffix of the file of layers."""
        return suffix_of("tiff") if self.format == "tiff" else PSD

    def suffixes(self, photo: Path) -> dict[str, str]:
        """Part of the file's name -> its suffix."""
        format = "png" if self.format in (None, "psd") else self.format
        light = "exr" if self.format is None and photo.suffix.lower() == ".exr" else format
        labels = format_named(format).lossless and not format_named(format).floats
        suffixes = {
            "rgba": suffix_of(light),
            "alpha": suffix_of(format),
            "foreground": suffix_of(light),
            "trimap": suffix_of(format if labels else "png"),
            "preview": ".jpg",
            "layers": self.layered,
        }
        chosen = {part: suffixes[part] for part in self.parts if part in suffixes}
        if self.backdrop is not None:
            chosen[f"on-{self.backdrop.name}"] = suffix_of(format)
        return chosen

    @property
    def clean(self) -> bool:
        """Whether the subject's own colours are needed."""
        return self.backdrop is not None or bool(CLEAN & {*self.parts})

    def write(self, places: Mapping[str, Path], cut: Cutout, picture: Picture) -> None:
        """Write every part, each file atomically."""
        kept = picture.exif if self.keep_metadata else b""
        for part, place in places.items():
            match part:
                case "rgba":
                    exif = kept
                    terms = sentences_of(cut)
                    if terms and place.suffix.lower() != ".exr":
                        exif = with_description(exif, terms)
                    cut.save(place, bits=self.bits, exif=exif, straight=self.straight)
                case "alpha":
                    write_alpha(place, cut.alpha, bits=self.bits)
                case "foreground":
                    write_image(place, cut.colours, bits=self.bits, linear=cut.linear)
                case "trimap":
                    write_trimap(place, cut.trimap)
                case "preview":
                    write_image(place, preview(picture.colours, cut))
                case "layers":
                    write_layers(place, picture, cut, bits=self.bits)
                case _:
                    assert self.backdrop is not None
                    behind = self.backdrop.at(cut.alpha.shape)
                    write_image(place, cut.on(behind), bits=self.bits, exif=kept)


def read_backdrop(text: str, fit: Fit = "cover") -> Backdrop:
    """The background that a file or the name of a colour stands for."""
    path = as_path(text)
    if path.suffix or path.exists():
        return Backdrop(name=path.stem, colours=read_image(path), fit=fit, files=(path,))
    try:
        return Backdrop(name=text.strip("#"), colours=named_colour(text))
    except BadArgument as error:
        raise BadArgument(f"the background {error}; or name a picture file") from error


def sentences_of(cut: Cutout) -> list[str]:
    """The public networks that were used, with their terms."""
    terms = []
    if cut.terms is not None:
        terms.append(f"subject found by {cut.segmenter}: {cut.terms.sentence}")
    if cut.model_terms is not None:
        terms.append(f"alpha by {cut.model}: {cut.model_terms.sentence}")
    return terms


def with_description(exif: bytes, terms: list[str]) -> bytes:
    """The EXIF data with these sentences added to its description."""
    tags = PIL.Image.Exif()
    if exif:
        tags.load(exif)
    known = str(tags.get(DESCRIPTION, ""))
    tags[DESCRIPTION] = "; ".join([*([known] if known else []), *terms])
    return tags.tobytes()


def chosen_format(output: Path, asked: SaveFormat | None, *, is_file: bool) -> SaveFormat | None:
    """The format of a file's suffix, or the one asked for.

    >>> chosen_format(Path("cat.webp"), None, is_file=True)
    'webp'
    """
    if not is_file:
        return asked
    try:
        named = "psd" if output.suffix.lower() == PSD else format_of(output).name
    except BadArgument as error:
        raise BadArgument(f"{error}; layers as {PSD}") from error
    if asked not in (None, named):
        raise BadArgument(f"{output} is not a file of --format {asked}; change one of them")
    return cast(SaveFormat, named)


def suffix_of(format: str) -> str:
    """The usual suffix of a format."""
    return format_named(format).suffixes[0]


def chosen_parts(
    text: str | None, format: SaveFormat | None, *, background: bool
) -> tuple[str, ...]:
    """The parts that `--save` lists; by default the cut-out, the layers of a PSD, or only the
    composite where the format cannot hold transparency.

    >>> chosen_parts("alpha, preview", None, background=False)
    ('alpha', 'preview')
    """
    if format == "psd":
        if text not in (None, "layers"):
            raise BadArgument(
                "a PSD holds layers and nothing else; for more parts give a folder and --save "
                "layers,... without --format"
            )
        return ("layers",)
    if text is None:
        opaque = background and format is not None and not format_named(format).alpha
        return () if opaque else ("rgba",)
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise BadArgument(f"'{unknown[0]}' cannot be saved; choose from {', '.join(PARTS)}")
    return parts

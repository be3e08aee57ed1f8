"""What a request may say beside its files: read, checked and described for OpenAPI in one place."""

import re
from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, WithJsonSchema

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.types import Size
from mattekit.cutouts.finishing import FinishingOptions
from mattekit.cutouts.save import Fit
from mattekit.imaging.formats.encode import format_named
from mattekit.subject.hints import HINTS, Points

Kind = Literal["cutout", "trimap", "foreground", "photo", "preview"]
Output = Literal["rgba", "alpha", "matte", "foreground", "trimap", "composite"]
FileFormat = Literal["png", "webp", "tiff", "jpeg"]
LABELS = {"matte", "trimap"}
"""Outputs whose numbers have to arrive as they are."""


def to_size(text: Any) -> Any:
    """Height and width of a text such as `640x480`."""
    match = re.fullmatch(r"([1-9][0-9]*)x([1-9][0-9]*)", str(text).strip().lower())
    if not match:
        raise ValueError(f"'{text}' is not a size; write WIDTHxHEIGHT, like 640x480")
    return int(match[2]), int(match[1])


def to_bits(text: Any) -> Any:
    """8 or 16, which a form can only write as text."""
    return {"8": 8, "16": 16}.get(text, text)


Bits = Annotated[Literal[8, 16], BeforeValidator(to_bits)]
CanvasSize = Annotated[Size, BeforeValidator(to_size), WithJsonSchema({"type": "string"})]
Pixels = Annotated[float, Field(ge=0, le=500, allow_inf_nan=False)]


@config
class CutoutForm(FinishingOptions):
    """Of a cut-out."""

    output: Output | None = None
    """What the picture shows: rgba unless a background is given, then composite. matte: alpha in
    red, and in green the error that the model expects of it."""
    format: FileFormat = "png"
    """WebP is lossless; JPEG is for what has no transparency."""
    bits: Bits = 8
    """Of every value; 16 as PNG or TIFF."""
    model: str | None = None
    """See /v1/models."""
    quality: Literal["fast", "full"] = "full"
    """fast: closed-form at a reduced size, for previews."""
    band: str | None = None
    """Width of a mask's unknown edge: pixels, or a share such as 2%."""
    segmenter: str | None = None
    """What finds the subject without a hint, in a box or from points; see /v1/models."""
    commercial_only: bool = False
    """Refuse segmenters whose terms do not plainly allow commercial use."""
    background: str | None = None
    """Of a composite: a colour; or send a picture as a file of this name."""
    fit: Fit = "cover"
    """How a background of another size is fitted."""
    margin: str = "0"
    """Room around the crop, in pixels or as a share of its longer side such as 3%."""
    size: Annotated[int, Field(ge=1)] | None = None
    """Longest side of the result."""
    canvas: CanvasSize | None = None
    """WIDTHxHEIGHT of the result, the subject as large as fits."""
    grow: Pixels = 0.0
    """Pixels by which the edge moves outwards."""
    shrink: Pixels = 0.0
    """Pixels by which the edge moves inwards."""
    feather: Pixels = 0.0
    """Pixels over which the edge is softened."""

    def __post_init__(self) -> None:
        FinishingOptions.__post_init__(self)
        if self.grow and self.shrink:
            raise BadArgument("grow and shrink both move the edge; give one")
        target = format_named(self.format)
        target.check(bits=self.bits, alpha=self.output == "rgba", exif=b"", size=(1, 1))
        if self.output in LABELS and not target.lossless:
            raise BadArgument(
                f"{target.title} does not keep the values of output={self.output}; ask for PNG"
            )

    @property
    def finishing(self) -> FinishingOptions:
        """What is done to the finished cut-out."""
        own = {field.name: getattr(self, field.name) for field in fields(FinishingOptions)}
        margin = 0 if self.margin == "0" else self.margin
        return FinishingOptions(**own | {"grow": self.grow - self.shrink, "margin": margin})


@config
class TrimapForm:
    """Of a trimap, made of a mask or an alpha, or of a photo with a hint."""

    inner: Pixels = 10.0
    """Pixels of the band inside the edge of a mask or an alpha."""
    outer: Pixels = 10.0
    """Pixels of the band outside of it."""
    band: str | None = None
    """Width of a mask's unknown edge, beside a photo: pixels, or a share such as 2%."""
    segmenter: str | None = None
    """What finds the subject without a hint, in a box or from points; see /v1/models."""
    commercial_only: bool = False
    """Refuse segmenters whose terms do not plainly allow commercial use."""
    format: Literal["png", "webp", "tiff"] = "png"
    """All of them lossless."""


@config
class ForegroundForm:
    """Of the subject's own colours."""

    format: FileFormat = "png"
    """WebP is lossless."""
    bits: Bits = 8
    """Of every value; 16 as PNG or TIFF."""


@config
class PhotoForm:
    """Of a photo that is kept for further requests: nothing."""


Form = CutoutForm | TrimapForm | ForegroundForm | PhotoForm
FORMS: dict[Kind, TypeAdapter[Any]] = {
    "cutout": TypeAdapter(CutoutForm),
    "trimap": TypeAdapter(TrimapForm),
    "foreground": TypeAdapter(ForegroundForm),
    "photo": TypeAdapter(PhotoForm),
}

FINISHING = TypeAdapter(FinishingOptions)

PHOTO = {"photo": "The photo; or send photo_id."}
FILE_HINTS = {name: hint.help for name, hint in HINTS.items() if name != "auto" and hint.is_file}
FILES: dict[Kind, dict[str, str]] = {
    "cutout": {
        **PHOTO,
        **FILE_HINTS,
        "repair": "Strokes that correct alpha: white on the subject, black beside it.",
        "alpha": "An alpha that is known; what no stroke of repair touches stays as it is.",
        "background": "Of a composite: a picture as a file, or a colour as text.",
    },
    "trimap": {**PHOTO, **FILE_HINTS, "alpha": "A mask or an alpha, in place of a photo."},
    "foreground": {**PHOTO, "alpha": "The alpha whose subject is meant."},
    "photo": {"photo": "The photo."},
}
"""Parts that are files, by what is asked for."""

TEXT_HINTS = {
    name: f"{hint.metavar.lower()}: {hint.help}"
    for name, hint in HINTS.items()
    if name != "auto" and not hint.is_file
}
CLICKS = {
    "point": "x,y of a pixel of the subject; may be repeated.",
    "not_point": "x,y of a pixel beside the subject; may be repeated.",
}
NAMES = {field.name for field in fields(CutoutForm)}.union(FILES["cutout"], TEXT_HINTS, CLICKS)
"""Of all fields of a cut-out."""
Texts = dict[str, list[str]]


def parse_form(kind: Kind, texts: Texts) -> Form:
    """The form of a request; an error names the field that does not fit."""
    given = {name: values[-1] for name, values in texts.items() if values[-1] != ""}
    try:
        form: Form = FORMS[kind].validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(word) for word in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "unexpected_keyword_argument":
            reason = "there is no such field here; /docs lists those there are"
        raise BadArgument(f"{place}: {reason[0].lower()}{reason[1:]}") from error
    return form


def parse_hints(kind: Kind, texts: Texts) -> dict[str, Any]:
    """The hints among the texts, by the names of `HINTS`; they are taken out of the texts."""
    if kind not in ("cutout", "trimap"):
        return {}
    words = [
        *texts.pop("points", []),
        *texts.pop("point", []),
        *(f"{word},0" for word in texts.pop("not_point", [])),
    ]
    clicks = " ".join(filter(None, words))
    hints = {"points": Points.parse(clicks).value} if clicks else {}
    for name in TEXT_HINTS.keys() & texts.keys():
        text = texts.pop(name)[-1]
        if text:
            hints[name] = HINTS[name].parse(text).value
    return hints


def described(kind: Kind) -> dict[str, Any]:
    """What OpenAPI says of a request: the JSON schema of its form with files and hints."""
    options: dict[str, Any] = FORMS[kind].json_schema()["properties"]
    for name, inherited in FINISHING.json_schema()["properties"].items():
        if name in options:
            options[name].setdefault("description", inherited["description"])
    files = {
        name: {"type": "string", "format": "binary", "description": words}
        for name, words in FILES[kind].items()
    }
    hints: dict[str, Any] = {name: _text(words) for name, words in TEXT_HINTS.items()}
    hints |= {name: {"type": "array", "items": _text(words)} for name, words in CLICKS.items()}
    by_id = {"photo_id": _text("A photo that was sent to /v1/photos.")}
    properties = {
        **(files if kind == "photo" else by_id | files),
        **(hints if kind in ("cutout", "trimap") else {}),
        **{name: value for name, value in options.items() if name not in files},
    }
    form = {"schema": {"type": "object", "properties": properties}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": form}}}


def _text(words: str) -> dict[str, str]:
    return {"type": "string", "description": words}

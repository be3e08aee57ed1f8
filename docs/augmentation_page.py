"""Writes the tables of steps into augmentation.md and draws its contact sheet.

    python docs/augmentation_page.py

A test compares the tables with this program. Every row of the sheet is one step: the sample before
it, and four draws in which it happens for certain.
"""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
from pydantic import TypeAdapter

from mattekit.core.types import Image, Sample
from mattekit.data.augmentation import StepConfig
from mattekit.imaging.files import encode_image, write_image
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize
from mattekit.synthetic.scene import scene

PAGE = Path(__file__).with_name("augmentation.md")
SHEET = Path(__file__).parent / "pictures" / "augmentation.jpg"
STEPS = get_args(StepConfig)
BEGIN = "<!-- steps: written by docs/augmentation_page.py -->\n"
END = "<!-- end of steps -->"
SIDE, THUMBNAIL, LABEL, GAP, DRAWS = 224, 112, 128, 4, 4
CHANCES = ("probability", "denoise", "blur", "noise", "exposure", "sharpen")

PUBLISHED = {
    "flip": "0.6 in alphagan-a6; 0.5 in alphagan, gfm, dim and samplenet, where subject and "
    "background are mirrored apart",
    "rotate": "alphagan-a6: 0.6, 20 degrees",
    "scale": "alphagan-a6: 0.6, 1.1 to 1.5, in an earlier version 0.5 to 0.9",
    "shrink_to_show_background": "samplenet: 100 pixels, 0.8",
    "colour": "samplenet: the defaults for the subject; gamma and saturation with a deviation of "
    "0.3 for the background",
    "rssn": "gfm: the defaults",
    "legacy_trimap": "alphagan, dim",
    "ellipse_trimap": "gfm: 25",
    "shifted_trimap": "samplenet: the defaults",
    "drawn_trimap": "compact",
    "camera": "compact: the defaults",
    "prompts": "subject",
}


def tables() -> str:
    """What each step does and where it comes from; then its parameters."""
    steps = "".join(
        f"| `{member().name}` | {first_line(member)} | {PUBLISHED.get(member().name, 'none')} |\n"
        for member in STEPS
    )
    parameters = "".join(row for member in STEPS for row in parameter_rows(member))
    return (
        f"| step | what it does | published in |\n|---|---|---|\n{steps}\n"
        f"| step | parameter | default | meaning |\n|---|---|---|---|\n{parameters}"
    )


def first_line(member: Any) -> str:
    return str(member.__doc__).strip().partition("\n")[0].rstrip(".")


def parameter_rows(member: Any) -> list[str]:
    """One line a parameter, its text that of the help."""
    properties = TypeAdapter(member).json_schema()["properties"]
    return [
        f"| `{member().name}` | `{field.name}` | {shown(getattr(member(), field.name))} "
        f"| {' '.join(properties[field.name].get('description', '').split())} |\n"
        for field in fields(member)
        if field.name != "name"
    ]


def shown(value: Any) -> str:
    """A default as a reader expects it."""
    if hasattr(value, "deviation"):
        return f"mean {value.mean:g}, deviation {value.deviation:g}, limit {value.limit:g}"
    if isinstance(value, tuple):
        return ", ".join(f"{one:g}" for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def with_tables(page: str) -> str:
    """The page with the tables between its two marks."""
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    return before + BEGIN + tables() + END + after


def certain(member: Any) -> Any:
    """The step so that it happens in every draw."""
    chances = [field.name for field in fields(member) if field.name in CHANCES]
    return replace(member(), **dict.fromkeys(chances, 1.0))


def row(member: Any, before: Sample) -> Image:
    """The name of a step, the sample before it, and draws."""
    step = certain(member)
    label = np.full((THUMBNAIL, LABEL, 3), 255, np.uint8)
    cv2.putText(label, step.name, (2, THUMBNAIL // 2), cv2.FONT_HERSHEY_DUPLEX, 0.42, (0, 0, 0))
    if step.name == "shrink_to_show_background":  # which leaves alone what has room
        before = replace(before, alpha=np.ones_like(before.alpha), image=before.foreground)
    after = [step(before, np.random.default_rng(number)) for number in range(DRAWS)]
    tiles = [to_float(label), *(tile(sample, step.name) for sample in (before, *after))]
    return np.hstack([np.pad(one, ((0, GAP), (0, GAP), (0, 0))) for one in tiles])


def tile(sample: Sample, name: str) -> Image:
    """The trimap where it is what changes, else the image; small artefacts at full size."""
    if name.endswith("trimap"):
        trimap = np.repeat((sample.trimap / 2).astype(np.float32)[..., None], 3, axis=2)
        return resize(trimap, (THUMBNAIL, THUMBNAIL))
    if name in {"jpeg", "resample", "camera"}:
        first = (SIDE - THUMBNAIL) // 2
        return sample.image[first : first + THUMBNAIL, first : first + THUMBNAIL]
    return resize(sample.image, (THUMBNAIL, THUMBNAIL))


def main() -> None:
    PAGE.write_text(with_tables(PAGE.read_text()))
    sample = scene(11, SIDE, kind="hair")
    sheet = np.vstack([row(member, sample) for member in STEPS])
    write_image(SHEET, sheet)
    print(f"wrote {PAGE} and {SHEET}, {len(encode_image(sheet, format='jpeg'))} bytes")


if __name__ == "__main__":
    main()

"""Networks that find the subject, with one interface: `segment(image, prompt)` gives a soft mask.

Two adapters run registered and user-supplied networks: `SingleFile` (photo to mask) and
`PromptedPair` (encoder and decoder, with points and boxes). The one that mattekit ships is
`finder`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.prompt import Box, Prompt
from mattekit.core.types import Alpha, Plane, Size
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import resize
from mattekit.models.registry import (
    InputConfig,
    OutputConfig,
    Terms,
    check_commercial,
    describe_file,
    registered,
    registry,
)
from mattekit.models.runtime import open_session
from mattekit.subject.segment import within

BOX_MARGIN = 0.15  # margin around a box, relative to its sides, in the crop for the network
FLAT = 1e-4  # a smaller range of values is not stretched


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """A soft mask of the subject, and the segmenter's confidence that there is one subject."""

    mask: Alpha
    segmenter: str
    sure: float | None = None
    terms: Terms | None = None


@runtime_checkable
class Segmenter(Protocol):
    """Finds the subject of a photo."""

    name: str
    understands: frozenset[str]
    """Kinds of prompts."""

    def segment(self, image: Plane, prompt: Prompt) -> Segmentation:
        """The soft mask, at the size of the photo."""
        ...


def open_segmenter(name: str, *, commercial_only: bool = False) -> Segmenter:
    """A segmenter by its registered name or its ONNX file; `small` is the shipped one."""
    from mattekit.subject.finder import SHIPPED, finder

    if name == SHIPPED:
        return finder()
    path = Path(name)
    if path.suffix == ".onnx":
        if not path.is_file():
            raise BadArgument(f"there is no file {path}; give the ONNX file of a segmenter")
        arrangement, output, terms = describe_file(path)
        check_commercial(name, terms, commercial_only=commercial_only)
        return SingleFile(path.stem, path, arrangement, output, terms)
    entry = registered(name)
    if entry.kind == "trimap":
        raise BadArgument(f"{name} refines a trimap; use it as --model, not as --segmenter")
    check_commercial(name, entry.licence, commercial_only=commercial_only)
    if not entry.installed:
        raise BadArgument(f"{name} is not installed; run: mattekit models get {name}")
    if entry.kind == "prompted":
        return PromptedPair(name, entry.paths, entry.input, entry.output, entry.licence)
    return SingleFile(name, entry.paths[0], entry.input, entry.output, entry.licence)


def installed_segmenters() -> list[str]:
    """Names of installed registered segmenters, in the order of the registry."""
    return [entry.id for entry in registry().values() if entry.kind != "trimap" and entry.installed]


class SingleFile:
    """A network of one file, from photo to mask. A box is passed as a crop."""

    understands = frozenset({"nothing", "box"})

    def __init__(
        self, name: str, path: Path, input: InputConfig, output: OutputConfig, terms: Terms | None
    ) -> None:
        self.name, self.input, self.output, self.terms = name, input, output, terms
        self.session = open_session(path)

    def segment(self, image: Plane, prompt: Prompt) -> Segmentation:
        """The mask; with a box, of its inside, and 0 outside."""
        if prompt.box is None:
            return self._result(self._mask(image))
        height, width = image.shape[:2]
        seen, inside = _around(prompt.box, (height, width)), within(prompt.box, (height, width))
        mask = np.zeros((height, width), np.float32)
        mask[seen] = self._mask(image[seen])
        outside = np.ones_like(mask, np.bool_)
        outside[inside] = False
        mask[outside] = 0
        return self._result(mask)

    def _mask(self, image: Plane) -> Alpha:
        prepared, placed = arrange(image, self.input)
        entry = self.session.get_inputs()[0]
        precision = np.float16 if entry.type == "tensor(float16)" else np.float32
        outputs = self.session.run(None, {entry.name: prepared[None].astype(precision)})
        return self._finished(self._chosen(outputs), placed, (image.shape[0], image.shape[1]))

    def _chosen(self, outputs: list[npt.NDArray[Any]]) -> Plane:
        names = [output.name for output in self.session.get_outputs()]
        which = self.output.output
        if isinstance(which, str):
            if which not in names:
                raise BadWeights(f"{self.name} has no output '{which}'; it has {', '.join(names)}")
            which = names.index(which)
        if which >= len(names):
            raise BadWeights(f"{self.name} has {len(names)} outputs; there is no number {which}")
        return activated(np.squeeze(outputs[which]).astype(np.float32), self.output, self.name)

    def _finished(self, mask: Plane, placed: "Placed", size: Size) -> Alpha:
        """The part of the output that covers the photo, at the photo's size."""
        rows, columns = mask.shape
        top, left = round(placed.top * rows), round(placed.left * columns)
        bottom, right = round(placed.bottom * rows), round(placed.right * columns)
        return resize(mask[top:bottom, left:right], size).clip(0, 1)

    def _result(self, mask: Alpha) -> Segmentation:
        return Segmentation(mask=mask, segmenter=self.name, terms=self.terms)


class PromptedPair:
    """An encoder and a decoder that takes points and boxes (SAM, MobileSAM, SAM 2, ZIM)."""

    understands = frozenset({"box", "points"})

    def __init__(
        self,
        name: str,
        paths: tuple[Path, ...],
        input: InputConfig,
        output: OutputConfig,
        terms: Terms | None,
    ) -> None:
        if len(paths) != 2:
            raise BadWeights(f"{name} is a pair of an encoder and a decoder; {len(paths)} given")
        self.name, self.input, self.output, self.terms = name, input, output, terms
        self.encoder, self.decoder = (open_session(path) for path in paths)

    def segment(self, image: Plane, prompt: Prompt) -> Segmentation:
        """The mask of what the prompt points at."""
        if prompt.kind == "nothing":
            raise BadArgument(f"{self.name} needs a point or a box; give --point X,Y or --box")
        size = (image.shape[0], image.shape[1])
        prepared, placed = arrange(image, self.input)
        entry = self.encoder.get_inputs()[0]
        batch = prepared if len(entry.shape) == 3 else prepared[None]
        embedded = dict(
            zip(
                [output.name for output in self.encoder.get_outputs()],
                self.encoder.run(None, {entry.name: batch}),
                strict=True,
            )
        )
        frame = prepared.shape[-2:] if self.input.layout == "chw" else prepared.shape[:2]
        points, labels = _points(prompt, size, placed, (frame[0], frame[1]))
        outputs = self.decoder.run(None, self._asked(embedded, points, labels, size))
        mask = _best(outputs, [output.name for output in self.decoder.get_outputs()])
        mask = activated(mask, self.output, self.name)
        if mask.shape != size:
            mask = resize(mask, size)
        return Segmentation(mask=mask.clip(0, 1), segmenter=self.name, terms=self.terms)

    def _asked(
        self, embedded: Mapping[str, Plane], points: Plane, labels: Plane, size: Size
    ) -> dict[str, Plane]:
        """All inputs of the decoder: prompts by their usual names, the rest from the encoder."""
        prompts = {
            "point_coords": points[None],
            "point_labels": labels[None],
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "orig_im_size": np.array(size, np.float32),
        }
        names = [entry.name for entry in self.decoder.get_inputs()]
        left = iter([name for name in embedded if name not in names])
        asked: dict[str, Plane] = {}
        for name in names:
            if name in prompts:
                asked[name] = prompts[name]
            elif name in embedded:
                asked[name] = embedded[name]
            else:
                asked[name] = embedded[next(left)]
        return asked


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The rectangle of the photo in the network's input, relative to its sides."""

    top: float = 0.0
    left: float = 0.0
    bottom: float = 1.0
    right: float = 1.0


def arrange(image: Plane, how: InputConfig) -> tuple[npt.NDArray[np.float32], Placed]:
    """The input of a network, and the rectangle of the photo in it."""
    height, width = image.shape[:2]
    rows, columns = how.size
    placed = Placed()
    pixels = to_depth(image, 8)
    if how.fit == "squash":
        seen = resize(pixels, (rows, columns))
    elif how.fit == "multiple":
        scale = min(rows, columns) / min(height, width)
        sides = (max(1, round(side * scale / how.multiple)) for side in (height, width))
        seen = resize(pixels, tuple(side * how.multiple for side in sides))  # type: ignore[arg-type]
    else:
        scale = max(rows, columns) / max(height, width)
        if how.fit != "longest":
            scale = min(rows / height, columns / width)
        inner = max(1, round(height * scale)), max(1, round(width * scale))
        seen = resize(pixels, inner)
        if how.fit != "longest":
            canvas = np.zeros((rows, columns, 3), pixels.dtype)
            centred = how.fit == "letterbox"
            top = (rows - inner[0]) // 2 if centred else 0
            left = (columns - inner[1]) // 2 if centred else 0
            canvas[top : top + inner[0], left : left + inner[1]] = seen
            seen = canvas
            placed = Placed(
                top=top / rows,
                left=left / columns,
                bottom=(top + inner[0]) / rows,
                right=(left + inner[1]) / columns,
            )
    values: Plane = seen.astype(np.float32) * np.float32(how.scale)
    values = (values - np.array(how.mean, np.float32)) / np.array(how.std, np.float32)
    if how.layout == "chw":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values, np.float32), placed


def activated(values: Plane, how: OutputConfig, name: str) -> Plane:
    """A network's raw output as a mask in [0, 1], h w."""
    if not np.isfinite(values).all():
        raise BadWeights(f"{name} gives values that are not numbers; its file may be damaged")
    if how.activation == "softmax":
        if values.ndim != 3:
            raise BadWeights(f"{name} gives one channel; softmax needs one per class")
        shifted = np.exp(values - values.max(axis=0))
        values = shifted[-1] / shifted.sum(axis=0)
    elif values.ndim == 3:
        values = values[0]
    if values.ndim != 2:
        raise BadWeights(f"{name} gives an output of shape {values.shape}; expected a mask h w")
    if how.activation == "sigmoid":
        values = 1 / (1 + np.exp(-values.clip(-50, 50)))
    if how.stretch:
        low, high = float(values.min()), float(values.max())
        if high - low > FLAT:
            values = (values - low) / (high - low)
    mask: Plane = values.astype(np.float32)
    return mask


def _best(outputs: list[Plane], names: list[str]) -> Plane:
    """The mask with the decoder's highest score."""
    masks = np.squeeze(outputs[0], axis=0)
    if masks.ndim == 2:
        return masks
    scores = next(
        (output for output, name in zip(outputs, names, strict=True) if "iou" in name), None
    )
    which = 0 if scores is None or len(masks) == 1 else int(np.argmax(np.ravel(scores)))
    best: Plane = masks[which]
    return best


def _points(prompt: Prompt, size: Size, placed: Placed, frame: Size) -> tuple[Plane, Plane]:
    """Points and their labels (1 on, 0 off, 2 and 3 a box) in the encoder's frame."""
    points, labels = [*prompt.on, *prompt.off], [1] * len(prompt.on) + [0] * len(prompt.off)
    if prompt.box is not None:
        x, y, width, height = prompt.box
        points += [(x, y), (x + width, y + height)]
        labels += [2, 3]
    else:  # exported decoders expect one padding point where there is no box
        points.append((0.0, 0.0))
        labels.append(-1)
    shares = np.array(points, np.float32) / np.array([size[1], size[0]], np.float32)
    corner = np.array([placed.left, placed.top], np.float32)
    extent = np.array([placed.right - placed.left, placed.bottom - placed.top], np.float32)
    return (corner + shares * extent) * np.array([frame[1], frame[0]], np.float32), np.array(
        labels, np.float32
    )


def _around(box: Box, size: Size) -> tuple[slice, slice]:
    x, y, width, height = box
    wide = BOX_MARGIN * width, BOX_MARGIN * height
    return within(
        (int(x - wide[0]), int(y - wide[1]), int(width + 2 * wide[0]), int(height + 2 * wide[1])),
        size,
    )

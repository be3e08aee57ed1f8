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
from mattekit.imaging.resize import resize, scaled_size
from mattekit.models.registry import InputConfig, OutputConfig, Terms
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
            mask = self._mask(image)
        else:
            size = (image.shape[0], image.shape[1])
            around, inside = _around(prompt.box, size), within(prompt.box, size)
            seen, mask = np.zeros(size, np.float32), np.zeros(size, np.float32)
            seen[around] = self._mask(image[around])
            mask[inside] = seen[inside]
        return Segmentation(mask=mask, segmenter=self.name, terms=self.terms)

    def _mask(self, image: Plane) -> Alpha:
        prepared, placed = arrange(image, self.input)
        entry = self.session.get_inputs()[0]
        precision = np.float16 if entry.type == "tensor(float16)" else np.float32
        outputs = self.session.run(None, {entry.name: prepared[None].astype(precision)})
        mask = self._chosen(outputs)
        rows, columns = mask.shape
        top, left = round(placed.top * rows), round(placed.left * columns)
        bottom, right = round(placed.bottom * rows), round(placed.right * columns)
        return resize(mask[top:bottom, left:right], (image.shape[0], image.shape[1])).clip(0, 1)

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
        names = [output.name for output in self.encoder.get_outputs()]
        embedded = dict(zip(names, self.encoder.run(None, {entry.name: batch}), strict=True))
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
        given = {**embedded, **prompts}
        return {name: given[name] if name in given else embedded[next(left)] for name in names}


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
    inner = frame = how.size
    if how.fit == "multiple":
        scale = min(frame) / min(height, width) / how.multiple
        rows, columns = (how.multiple * max(1, round(side * scale)) for side in (height, width))
        inner = frame = rows, columns
    elif how.fit != "squash":
        scale = min(frame[0] / height, frame[1] / width)
        if how.fit == "longest":
            scale = max(frame) / max(height, width)
        inner = scaled_size((height, width), scale)
        if how.fit == "longest":
            frame = inner
    top, left = 0, 0
    if how.fit == "letterbox":
        top, left = (frame[0] - inner[0]) // 2, (frame[1] - inner[1]) // 2
    bottom, right = top + inner[0], left + inner[1]
    seen = np.zeros((*frame, 3), np.uint8)
    seen[top:bottom, left:right] = resize(to_depth(image, 8), inner)
    placed = Placed(
        top=top / frame[0], left=left / frame[1], bottom=bottom / frame[0], right=right / frame[1]
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

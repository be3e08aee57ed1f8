"""Tiny ONNX networks, written as text: what an adapter shows to them can be computed by hand."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

HEADER = '<ir_version: 8, opset_import: ["": 17]>'
SIDE = 32


def save(path: Path, graph: str, **constants: np.ndarray) -> Path:
    model = parser.parse_model(f"{HEADER}\n{graph}")
    for name, values in constants.items():
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def grey(path: Path) -> Path:
    """Mask: the mean of the three channels. A second output is 0 everywhere."""
    return save(
        path,
        """grey (float[N,3,H,W] image) => (float[N,1,H,W] mask, float[N,1,H,W] nothing) {
            mask = ReduceMean<axes = [1], keepdims = 1>(image)
            nothing = Sub(mask, mask)
        }""",
    )


def grey_of_rows(path: Path) -> Path:
    """The same of a picture h w 3 that is not a batch of channels."""
    return save(
        path,
        """grey (float[N,H,W,3] image) => (float[N,H,W,1] mask) {
            mask = ReduceMean<axes = [3], keepdims = 1>(image)
        }""",
    )


def two_classes(path: Path) -> Path:
    """Scores of background (0) and subject (the mean of the channels)."""
    return save(
        path,
        """two (float[N,3,H,W] image) => (float[N,2,H,W] scores) {
            subject = ReduceMean<axes = [1], keepdims = 1>(image)
            background = Sub(subject, subject)
            scores = Concat<axis = 1>(background, subject)
        }""",
    )


def pair(folder: Path) -> tuple[Path, Path]:
    """An encoder that only measures, and a decoder with the inputs of SAM's exported one.

    The decoder's three masks are discs around the first point, of radius 2, 6 and 12 in the
    encoder's frame of 32x32; it thinks the second one best. With a box, it fills the box.
    """
    rows, columns = np.indices((SIDE, SIDE)).astype(np.float32) + 0.5
    encoder = save(
        folder / "encoder.onnx",
        """encoder (float[H,W,3] image) => (float[1,1,1,1] image_embeddings) {
            mean = ReduceMean<axes = [0, 1, 2], keepdims = 0>(image)
            image_embeddings = Reshape(mean, shape)
        }""",
        shape=np.array([1, 1, 1, 1]),
    )
    decoder = save(
        folder / "decoder.onnx",
        """decoder (
            float[1,1,1,1] image_embeddings, float[1,P,2] point_coords, float[1,P] point_labels,
            float[1,1,256,256] mask_input, float[1] has_mask_input, float[2] orig_im_size
        ) => (float[1,3,H,W] masks, float[1,3] iou_predictions) {
            point = Gather<axis = 1>(point_coords, first)
            label = Gather<axis = 1>(point_labels, first)
            x = Slice(point, zero, one, two)
            y = Slice(point, one, twos, two)
            across = Sub(columns, x)
            down = Sub(rows, y)
            across2 = Mul(across, across)
            down2 = Mul(down, down)
            away = Add(across2, down2)
            disc = Sub(squares, away)
            last = Gather<axis = 1>(point_coords, second)
            right = Slice(last, zero, one, two)
            bottom = Slice(last, one, twos, two)
            left_of = Sub(right, columns)
            above = Sub(bottom, rows)
            inside_x = Min(across, left_of)
            inside_y = Min(down, above)
            inside = Min(inside_x, inside_y)
            boxes = Expand(inside, three)
            is_box = Equal(label, corner)
            is_box4 = Reshape(is_box, shape)
            small = Where(is_box4, boxes, disc)
            height_width = Cast<to = 7>(orig_im_size)
            size = Concat<axis = 0>(batch, height_width)
            masks = Resize<mode = "linear">(small, nothing, nothing, size)
            iou_predictions = Identity(scores)
        }""",
        columns=columns[None, None],
        rows=rows[None, None],
        squares=np.float32([4, 36, 144]).reshape(1, 3, 1, 1),
        scores=np.float32([[0.2, 0.9, 0.5]]),
        first=np.array([0]),
        second=np.array([1]),
        zero=np.array([0]),
        one=np.array([1]),
        twos=np.array([2]),
        two=np.array([2]),
        three=np.array([1, 3, SIDE, SIDE]),
        corner=np.float32([2]),
        shape=np.array([1, 1, 1, 1]),
        batch=np.array([1, 3]),
        nothing=np.array([], np.float32),
    )
    return encoder, decoder

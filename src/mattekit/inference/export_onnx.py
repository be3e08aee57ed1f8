"""A network as an ONNX file with dynamic height and width, compared with PyTorch before it counts.

The network is exported as it is trained: pooling with indices and adaptive pooling are written so
that they export (`networks.parts`). Heights and widths are multiples of the stride; padding to it
is the work of a strategy. Weights that are exact in half precision, as those of a file of halves
are, are stored so and cast when the file is opened. Of the network that finds subjects the largest
are stored as bytes and the others as halves, and its batch size is free as well (`subject.finder`).
"""

import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.onnx import OnnxExporterError

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadWeights
from mattekit.core.types import PROMPT_STEP, Plane, Size
from mattekit.inference.network import random_planes
from mattekit.inference.onnx_network import OnnxNetwork
from mattekit.inference.torch_network import TorchNetwork, named
from mattekit.models.files import OURS
from mattekit.models.runtime import open_session
from mattekit.networks.weights import Header

WITHIN = 1e-4
WITHIN_OF_SUBJECT = 0.1
"""How far a mask may be from PyTorch's: what storing the weights as bytes costs."""
ENOUGH = 0.999
"""Share of pixels that must agree to WITHIN; a near-tie of a pooling may flip the others."""
LARGEST = 1_900_000_000
"""Bytes of weights that one ONNX file can hold."""
SMALL = 64
"""Numbers of a tensor up to which a cast is not worth it."""
LARGE = 20_000
"""From here on tensors of the network that finds subjects are stored as bytes: they are most of its
size, and rounding them shifts a mask less than rounding the small ones, which each pixel meets."""
BATCH, ACROSS = {0: "batch"}, {2: "height", 3: "width"}
SMALLER = {2: "prompt height", 3: "prompt width"}


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How far ONNX Runtime is from PyTorch on one size."""

    height: int
    width: int
    within: float
    share_within: float
    largest: float


def export_onnx(network: TorchNetwork, path: Path, header: Header | None = None) -> list[Parity]:
    """Write the network to `path` and compare three sizes; nothing is written if they differ.

    Args:
        header: metadata of weights that are stored unchanged, so that training can start from
            the file.
    """
    finds_subjects = "prompt" in network.extra_planes
    weight = sum(tensor.nbytes for tensor in network.module.state_dict().values())
    if weight > LARGEST:
        raise BadWeights(
            f"{network.name} has {weight / 1e9:.1f} GB of weights and one ONNX file holds "
            f"{LARGEST / 1e9:.1f}; predict with its .safetensors file"
        )
    if not finds_subjects and not {*network.extra_planes} <= {"prior"}:
        raise BadWeights(
            f"{network.name} takes {' and '.join(network.extra_planes)} from other networks; a "
            "part of a chain is not exported"
        )
    with replacing(path) as aside:
        if finds_subjects:
            return _export_subject(network, aside)
        return _export(network, header, aside)


class _Named(nn.Module):
    """The network with its planes as a tuple, in a fixed order."""

    def __init__(self, module: nn.Module, names: list[str]) -> None:
        super().__init__()
        self.module = module  # so that the names of weights begin with EXPORTED_PREFIX
        self.names = names

    def forward(
        self, image: Tensor, trimap: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        further = [] if prior is None else [prior]
        planes = named(self.module(image, trimap, *further))
        return tuple(planes[name] for name in self.names)


def _export(network: TorchNetwork, header: Header | None, path: Path) -> list[Parity]:
    planes = random_planes(network, (2 * network.stride, 3 * network.stride))
    names = [name for name in network.run(planes) if name != "glance_logits"]
    tensors = tuple(torch.from_numpy(plane) for plane in planes.values())
    size = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    wrapped = _Named(network.module, names).eval()
    state = network.module.state_dict()
    halves = all(_exact_in_half(tensor.cpu().numpy()) for tensor in state.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about its own internals
        try:
            program = torch.onnx.export(
                wrapped,
                tensors,
                input_names=list(planes),
                output_names=names,
                dynamic_shapes=tuple(size for _ in tensors),
                dynamo=True,
                optimize=not halves,  # which would fold norms into weights: halves no more
                verbose=False,
            )
        except OnnxExporterError as error:
            raise BadWeights(
                f"{network.name} cannot be exported: what it computes depends on the picture in a "
                "way that ONNX cannot hold; predict with its .safetensors file"
            ) from error
    assert program is not None, "with dynamo there is a program"
    described: dict[str, Any] = {
        "name": network.name,
        "stride": network.stride,
        "needs_trimap": network.needs_trimap,
        "strategies": [name for name in network.strategies if name != "hybrid"],
        "estimates": network.estimates,
    }
    if halves and header is not None:
        described["weights"] = asdict(header)
        described["shapes"] = {name: list(tensor.shape) for name, tensor in state.items()}
    program.model.metadata_props[OURS] = json.dumps(described)
    for node in program.model.graph.all_nodes():  # where in which file each came from
        node.metadata_props.clear()
        node.doc_string = None
    if halves:
        _store_in_half(program.model.graph, exact=True)
    program.save(path)

    exported = OnnxNetwork(path)
    parities = []
    for rows, columns in ((1, 1), (3, 5), (8, 6)):
        shape = (rows * network.stride, columns * network.stride)
        planes = random_planes(network, shape, seed=1)
        apart = np.abs(exported.run(planes)["alpha"] - network.run(planes)["alpha"])
        parities.append(_parity(shape, WITHIN, apart))
    worst = min(parities, key=lambda parity: parity.share_within)
    if worst.share_within < ENOUGH:
        raise BadWeights(
            f"{network.name} computes something else in ONNX Runtime: only "
            f"{worst.share_within:.1%} of a {worst.width}x{worst.height} alpha agree to "
            f"{WITHIN:g} (largest difference {worst.largest:.2g}); please report it"
        )
    return parities


class _Found(nn.Module):
    """Mask, and how likely there is one subject."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, image: Tensor, prompt: Tensor) -> tuple[Tensor, Tensor]:
        prediction = self.module(image, None, prompt)
        return prediction.alpha, prediction.single.sigmoid()


def _export_subject(network: TorchNetwork, path: Path) -> list[Parity]:
    found, stride = _Found(network.module).eval(), network.stride
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about its own successor
        torch.onnx.export(
            found,
            _photographs(2, (2 * stride, 3 * stride)),
            path,
            input_names=["image", "prompt"],
            output_names=["mask", "single"],
            dynamic_axes={
                "image": BATCH | ACROSS,
                "prompt": BATCH | SMALLER,
                "mask": BATCH | ACROSS,
                "single": BATCH,
            },
            dynamo=False,  # its successor cannot leave the size free in this encoder
        )
    model = ir.load(path)
    _store_in_bytes(model.graph)
    _store_in_half(model.graph, exact=False)
    ir.save(model, path)

    session = open_session(path)
    parities = []
    for count, rows, columns in ((1, 1, 1), (2, 8, 8), (3, 10, 4)):
        shape = (rows * stride, columns * stride)
        image, prompt = _photographs(count, shape)
        with torch.inference_mode():
            expected = [plane.numpy() for plane in found(image, prompt)]
        given = {"image": image.numpy(), "prompt": prompt.numpy()}
        outputs = session.run(["mask", "single"], given)
        apart = [np.abs(a - b) for a, b in zip(outputs, expected, strict=True)]
        parities.append(_parity(shape, WITHIN_OF_SUBJECT, *apart))
    worst = max(parities, key=lambda parity: parity.largest)
    if worst.largest > WITHIN_OF_SUBJECT:
        raise BadWeights(
            f"{network.name} computes something else in ONNX Runtime: a mask of "
            f"{worst.width}x{worst.height} differs by {worst.largest:.2g}, more than the "
            f"{WITHIN_OF_SUBJECT:g} that weights in bytes explain; please report it"
        )
    return parities


def _photographs(count: int, size: Size) -> tuple[Tensor, Tensor]:
    """Random photographs, every second one with a box."""
    image = torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(0))
    prompt = torch.zeros(count, 3, size[0] // PROMPT_STEP, size[1] // PROMPT_STEP)
    prompt[1::2, 0] = -1
    prompt[1::2, 0, 2:-2, 2:-2] = 1
    return image, prompt


def _parity(size: Size, within: float, *apart: Plane) -> Parity:
    """Of the differences: those of a plane of that size, and perhaps further ones."""
    return Parity(
        height=size[0],
        width=size[1],
        within=within,
        share_within=float((apart[0] <= within).mean()),
        largest=max(float(each.max()) for each in apart),
    )


def _exact_in_half(values: Plane) -> bool:
    if not np.issubdtype(values.dtype, np.floating):
        return True
    with np.errstate(over="ignore"):
        return bool(np.array_equal(values, values.astype(np.float16).astype(values.dtype)))


def _store_in_half(graph: ir.Graph, *, exact: bool) -> None:
    """Store large weights in half precision; a Cast brings each back when the file is opened.

    Args:
        exact: only those that lose nothing by it.
    """
    for value, array in _weights(graph):
        if not exact or _exact_in_half(array):
            _store(graph, value, array.astype(np.float16))


def _store_in_bytes(graph: ir.Graph) -> None:
    """Store the largest weights as whole numbers from -127 to 127, with a scale for each channel
    that they give; a Cast and a Mul bring them back when the file is opened.

    Scales of many channels are weights of single precision too, and `_store_in_half` takes them.
    """
    for value, array in _weights(graph):
        if array.size < LARGE:
            continue
        largest = np.abs(array).max(axis=tuple(range(1, array.ndim)), keepdims=True)
        scale = np.maximum(largest, np.finfo(np.float32).tiny).astype(np.float32) / 127
        cast = _store(graph, value, np.round(array / scale).astype(np.int8))
        factor = ir.Value(name=f"{value.name}.scale", const_value=ir.tensor(scale))
        graph.register_initializer(factor)
        times = ir.node("Mul", [cast.outputs[0], factor])
        cast.outputs[0].replace_all_uses_with(times.outputs[0])
        times.replace_input_with(0, cast.outputs[0])
        graph.insert_after(cast, times)


def _weights(graph: ir.Graph) -> list[tuple[ir.Value, Plane]]:
    """The initialisers of single precision that are more than a few numbers."""
    found = []
    for value in graph.initializers.values():
        assert value.const_value is not None
        array = value.const_value.numpy()
        if array.dtype == np.float32 and array.size > SMALL:
            found.append((value, array))
    return found


def _store(graph: ir.Graph, value: ir.Value, stored: Plane) -> ir.Node:
    """Replace a weight by what is stored, and a Cast to single precision, which is returned."""
    cast = ir.node("Cast", [value], {"to": ir.DataType.FLOAT})
    value.replace_all_uses_with(cast.outputs[0])
    cast.replace_input_with(0, value)
    value.const_value = ir.tensor(stored, name=value.name)
    value.dtype = value.const_value.dtype
    graph.insert_before(graph[0], cast)
    return cast

"""Networks in .onnx files, computed by ONNX Runtime without torch: exported ones, public ones that
take a trimap, and several as one."""

import json
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from mattekit.classical.estimates import CHANNELS_1
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.types import Alpha, Plane, Size
from mattekit.imaging.resize import resize
from mattekit.inference.inputs import Batches
from mattekit.inference.network import Network
from mattekit.models.files import OURS
from mattekit.models.registry import InputConfig, OutputConfig, Terms
from mattekit.models.runtime import Session, open_session

Calibration = Sequence[tuple[float, float]]
CHANNELS = 4
"""Of what a public network takes: colours and trimap."""


class OnnxNetwork(Network):
    """An exported network; name, stride and strategies are in the file (`export_onnx`)."""

    def __init__(self, path: Path, session: Session | None = None) -> None:
        """`session` is the opened file, where it is open already."""
        self.session = session or open_session(path)
        text = self.session.get_modelmeta().custom_metadata_map.get(OURS)
        if text is None:
            raise BadWeights(
                f"{path} was not made by `mattekit export`: it does not say what goes in and out"
            )
        header = json.loads(text)
        self.name = header["name"]
        self.stride = header["stride"]
        self.needs_trimap = header["needs_trimap"]
        self.strategies = tuple(header["strategies"])
        self.estimates = tuple(header.get("estimates", CHANNELS_1))
        self.inputs = [value.name for value in self.session.get_inputs()]
        self.extra_planes = tuple(set(self.inputs) - {"image", "trimap"})
        self.outputs = tuple(value.name for value in self.session.get_outputs())

    def run(self, planes: Batches) -> Batches:
        """Every plane that the network predicts."""
        given = {name: planes[name] for name in self.inputs}
        return dict(zip(self.outputs, self.session.run(self.outputs, given), strict=True))


class Ensemble(Network):
    """Several networks as one that predicts the mean of what all of them predict.

    Each gets the classical estimates that it knows. Networks that learned from different pictures
    err in different places, so the mean has fewer large errors than either
    (docs/model-card-compact.md).
    """

    def __init__(
        self, name: str, networks: Sequence[Network], *, calibration: Calibration = ()
    ) -> None:
        """`calibration` holds errors that the networks expect, rising, each with a factor."""
        for network in networks:
            if not network.needs_trimap or {*network.extra_planes} - {"prior"}:
                raise BadArgument(
                    f"{network.name} cannot be averaged with others; a mean is taken of networks "
                    "that need a photo and a trimap, and nothing of another network"
                )
        self.name, self.networks, self.calibration = name, tuple(networks), calibration
        self.needs_trimap = True
        self.stride = math.lcm(*(network.stride for network in networks))
        self.strategies = tuple(
            way for way in networks[0].strategies if all(way in n.strategies for n in networks)
        )
        wanted = (channel for network in networks for channel in network.estimates)
        self.estimates = tuple(dict.fromkeys(wanted))
        self.extra_planes = ("prior",) if self.estimates else ()
        self._channels = [[self.estimates.index(c) for c in n.estimates] for n in networks]

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Those that all of them have."""
        return tuple(
            output
            for output in self.networks[0].outputs
            if output in ("alpha", "error") and all(output in n.outputs for n in self.networks)
        )

    def run(self, planes: Batches) -> Batches:
        """The mean of what the networks predict."""
        found = []
        for network, channels in zip(self.networks, self._channels, strict=True):
            own = {name: plane for name, plane in planes.items() if name != "prior"}
            if channels:
                own["prior"] = planes["prior"][:, channels]
            found.append(network.run(own))
        return {
            name: np.mean([each[name] for each in found], axis=0, dtype=np.float32)
            for name in self.outputs
        }

    def calibrated(self, error: Plane) -> Plane:
        if not self.calibration:
            return error
        expected, factors = zip(*self.calibration, strict=True)
        made: Plane = (error * np.interp(error, expected, factors)).astype(np.float32)
        return made


class TrimapNetwork(Network):
    """A public network that takes photo and trimap as one input of four channels, such as ViTMatte.

    The trimap is 0, 1/2 and 1 behind the colours. The registry, or a YAML file beside the user's
    ONNX file, describes the preprocessing of the photo, as for segmenters. A file of one fixed size
    is shown the whole photo at that size.
    """

    needs_trimap = True
    outputs = ("alpha",)

    def __init__(
        self,
        path: Path,
        session: Session,
        input: InputConfig,
        output: OutputConfig,
        terms: Terms | None,
    ) -> None:
        self.session = session
        self.name, self.input, self.terms = path.stem, input, terms
        taken, given = self.session.get_inputs(), self.session.get_outputs()
        shape = taken[0].shape
        if len(taken) != 1 or len(shape) != 4 or shape[1] != CHANNELS:
            raise BadWeights(
                f"{path} takes {len(taken)} input(s), the first of shape {shape}; a network for "
                "--model takes one of [batch, 4, height, width], colours and trimap"
            )
        names = [value.name for value in given]
        self._given = names[output.output] if isinstance(output.output, int) else output.output
        if self._given not in names:
            raise BadWeights(f"{path} has no output '{self._given}'; it has {', '.join(names)}")
        fixed = all(isinstance(side, int) for side in shape[2:])
        self.size: Size | None = (shape[2], shape[3]) if fixed else None
        self.stride = 1 if fixed else input.multiple
        self.strategies = ("whole",) if fixed else ("whole", "tile")
        self._taken = taken[0].name

    def run(self, planes: Batches) -> Batches:
        """The alpha of every picture of a batch, at its size."""
        mean, std = (
            np.array(x, np.float32)[:, None, None] for x in (self.input.mean, self.input.std)
        )
        colours = (planes["image"] * np.float32(255 * self.input.scale) - mean) / std
        given = np.concatenate([colours, planes["trimap"]], axis=1)
        alphas = [self._alpha(picture) for picture in given]
        return {"alpha": np.stack(alphas)[:, None]}

    def _alpha(self, picture: Plane) -> Alpha:
        """Of four channels, h w."""
        size = (picture.shape[1], picture.shape[2])
        if self.size is not None:
            picture = np.stack([resize(np.ascontiguousarray(p), self.size) for p in picture])
        found = self.session.run([self._given], {self._taken: picture[None].astype(np.float32)})[0]
        alpha: Alpha = np.asarray(found).reshape(found.shape[-2:]).astype(np.float32)
        return alpha if alpha.shape == size else resize(alpha, size)

"""Every convention a matting number depends on, in one table; the docs and every report print it.

The published codes disagree on all of these points. A protocol is a name for one set of answers, so
that a number can be compared with the table it belongs to. Definitions: docs/metrics.md.
"""

from dataclasses import dataclass, replace
from typing import Literal

from mattekit.core.errors import BadArgument
from mattekit.core.types import Region


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One set of conventions; the values are words that a report can print."""

    name: str
    reproduces: str
    region: Region
    known_pixels: Literal["pasted from the trimap", "as predicted"]
    sad_mse_mad_sum: Literal["over the region", "over the whole picture"]
    sad_unit: Literal[1, 1000]
    gradient_sigma: float = 1.4
    gradient_radius: Literal[4, 6]
    gradient_filter: Literal["unit Euclidean norm", "smoothing weights sum to 1"]
    gradient_border: Literal["replicated", "reflected"]
    gradient_range: Literal["stretched to 0..1", "as it is"]
    gradient_unit: Literal[10, 1000]
    connectivity_step: float = 0.1
    connectivity_tolerance: float = 0.15
    connectivity_numbers: Literal["single precision", "double precision"]
    connectivity_components: Literal["foreground", "foreground and background"]
    connectivity_tie: Literal["first by columns", "first by rows"]
    connectivity_none_left: Literal["all open pixels end there", "level skipped"]
    connectivity_unit: Literal[1000] = 1000

    @property
    def title(self) -> str:
        """The printed name, with a region or a pasting that is not the protocol's own."""
        original = PROTOCOLS.get(self.name)
        changed = ""
        if original and original.region != self.region:
            changed += f", region {self.region}"
        if original and original.known_pixels != self.known_pixels:
            changed += f", known pixels {self.known_pixels}"
        return self.name + changed

    @property
    def needs_trimap(self) -> bool:
        """Whether a number cannot be had without a trimap."""
        return self.region != "whole" or self.known_pixels == "pasted from the trimap"


OFFICIAL = Protocol(
    name="official",
    reproduces="Deep Image Matting's and alphamatting.com's evaluation",
    region="unknown",
    known_pixels="pasted from the trimap",
    sad_mse_mad_sum="over the region",
    sad_unit=1000,
    gradient_radius=4,
    gradient_filter="unit Euclidean norm",
    gradient_border="replicated",
    gradient_range="stretched to 0..1",
    gradient_unit=1000,
    connectivity_numbers="single precision",
    connectivity_components="foreground",
    connectivity_tie="first by columns",
    connectivity_none_left="all open pixels end there",
)

PROTOCOLS = {
    "official": OFFICIAL,
    "gfm": Protocol(
        name="gfm",
        reproduces="GFM, AIM and P3M tables (AM-2k, AIM-500, P3M-500)",
        region="whole",
        known_pixels="as predicted",
        sad_mse_mad_sum="over the region",
        sad_unit=1000,
        gradient_radius=6,
        gradient_filter="smoothing weights sum to 1",
        gradient_border="reflected",
        gradient_range="as it is",
        gradient_unit=10,
        connectivity_numbers="double precision",
        connectivity_components="foreground",
        connectivity_tie="first by rows",
        connectivity_none_left="level skipped",
    ),
    "dim-2019": replace(
        OFFICIAL,
        name="dim-2019",
        reproduces="the 2019 PyTorch Deep Image Matting: SAD not divided",
        sad_mse_mad_sum="over the whole picture",
        sad_unit=1,
    ),
    "gca": replace(
        OFFICIAL,
        name="gca",
        reproduces="legacy: GCA and the many codes copied from it; counts the background in Conn",
        gradient_range="as it is",
        connectivity_numbers="double precision",
        connectivity_components="foreground and background",
        connectivity_tie="first by rows",
    ),
}


def choose_protocol(
    protocol: str | Protocol, region: Region | None = None, paste: bool | None = None
) -> Protocol:
    """The protocol of that name, with region or pasting changed where that is asked for."""
    if isinstance(protocol, str):
        if protocol not in PROTOCOLS:
            known = ", ".join(PROTOCOLS)
            raise BadArgument(f"there is no protocol '{protocol}'; choose one of {known}")
        protocol = PROTOCOLS[protocol]
    if region is not None:
        protocol = replace(protocol, region=region)
    if paste is not None:
        protocol = replace(
            protocol, known_pixels="pasted from the trimap" if paste else "as predicted"
        )
    return protocol


CONVENTIONS = {
    "reproduces": "Reproduces",
    "region": "Pixels measured",
    "known_pixels": "Known pixels of the prediction",
    "sad_mse_mad_sum": "SAD, MSE and MAD are summed",
    "sad_unit": "SAD is divided by",
    "gradient_sigma": "Grad: sigma of the Gaussian derivative",
    "gradient_radius": "Grad: radius of the filter in pixels",
    "gradient_filter": "Grad: scale of the filter",
    "gradient_border": "Grad: border of the picture",
    "gradient_range": "Grad: range of both mattes",
    "gradient_unit": "Grad is divided by",
    "connectivity_step": "Conn: step of the thresholds",
    "connectivity_tolerance": "Conn: tolerance",
    "connectivity_numbers": "Conn: arithmetic",
    "connectivity_components": "Conn: components that count",
    "connectivity_tie": "Conn: of two equal components",
    "connectivity_none_left": "Conn: threshold that no pixel reaches",
    "connectivity_unit": "Conn is divided by",
}
"""Field of a protocol -> what a reader sees."""


def conventions(protocol: Protocol) -> dict[str, str]:
    """Every convention of a protocol in words."""
    return {label: str(getattr(protocol, field)) for field, label in CONVENTIONS.items()}

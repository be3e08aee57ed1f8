"""Export a network to ONNX and compare it with PyTorch."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.cli.options import Overwrite
from mattekit.core.errors import BadArgument, BadOutput


def run(
    model: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="An imported model, or a file.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.onnx", help="The file to write.")
    ],
    overwrite: Overwrite = False,
) -> None:
    """Write MODEL as ONNX with dynamic height and width; print how far it is from PyTorch."""
    if output.suffix != ".onnx":
        raise BadArgument(f"{output} does not end in .onnx; name the file so")
    if output.exists() and not overwrite:
        raise BadOutput(f"{output} exists; add --overwrite to replace it")
    from mattekit.inference.export_onnx import export_onnx
    from mattekit.inference.load import load_in_torch
    from mattekit.models.files import find
    from mattekit.networks.weights import read_header

    if Path(model).suffix == ".onnx":
        raise BadArgument(f"{model} is already exported; name a .safetensors file or a model")
    network = load_in_torch(model, device="cpu")
    for parity in export_onnx(network, output, read_header(find(model))):
        typer.echo(
            f"{parity.width}x{parity.height}: {parity.share_within:.2%} of the pixels within "
            f"{parity.within:g} of PyTorch, largest difference {parity.largest:.1e}"
        )
    typer.echo(f"{model} -> {output}  {output.stat().st_size / 1e6:.1f} MB")

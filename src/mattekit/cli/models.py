"""Models: imported, shipped and public ones, with their terms; and their export to ONNX.

A name of the registry is a public model, a few files with terms of use that are downloaded on
request (`models.registry`); every other name is a file of weights (`models.files`).
"""

import json as json_text
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from mattekit.cli.options import OutputFile, Overwrite, Quiet
from mattekit.cli.output import FAILED, check_new, print_json, remark
from mattekit.cli.photo_options import CommercialOnly
from mattekit.cli.progress import download_progress
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.extras import require
from mattekit.models.files import (
    DEFAULT_MODEL,
    EXPORTED,
    SUFFIX,
    WEIGHTS,
    find,
    model_files,
    models_folder,
    read_contents,
    shipped_alone,
)
from mattekit.models.installed import check_files, fetch, import_files, missing_files, remove_files
from mattekit.models.registry import RegisteredModel, check_commercial, digest, registered, registry

CHAIN = "samplenet-chain"

Json = Annotated[bool, Option(help="Print one JSON document.")]
Model = Annotated[str, Argument(metavar="NAME|FILE", help="A model, or its file.")]


def list_models(json: Json = False) -> None:
    """List the models that are here, and public ones to get."""
    models, broken = [], []
    for path in model_files().values():
        try:
            models.append(describe(path))
        except BadWeights as error:
            broken.append(str(error))
    if json:
        public = [_document(entry) for entry in registry().values()]
        print_json({"models": models, "broken": broken, "public": public})
    else:
        _list(models)
    for sentence in broken:
        remark(sentence)
    if broken:
        raise typer.Exit(FAILED)


def _list(models: list[dict[str, Any]]) -> None:
    from mattekit.subject.finder import OWN  # opens OpenCV

    typer.echo(f"in the package: {OWN}, which finds the subject, and {DEFAULT_MODEL}, the matting")
    if not models:
        typer.echo("none imported; import one with: mattekit models import KIND FILE")
    for model in models:
        typer.echo(f"{model['name']}  {model['architecture']}, {model['parameters']:,} parameters")
        typer.echo(f"  licence: {model['licence']}; trained on: {model['training_data']}")
        typer.echo(f"  {model['file']}  sha256 {model['sha256'][:16]}")
    typer.echo("\npublic models; show NAME prints their terms, get NAME downloads one:")
    for entry in registry().values():
        size = " + ".join(file.about for file in entry.files)
        here = "installed" if entry.installed else size
        typer.echo(f"{entry.id:22}{entry.kind:11}{here:28}commercial: {entry.licence.commercial}")
        typer.echo(f"  {entry.about}")


def show(
    name: Annotated[
        str, Argument(metavar="NAME|FILE", help="A model, its file, a run, or a network: dim.")
    ],
    json: Json = False,
) -> None:
    """Show a model with its terms, or a network with its options."""
    if name in registry():
        _show_registered(registry()[name], json=json)
        return
    files = shipped_alone() | model_files()
    run = any((Path(name) / part).exists() for part in ("checkpoints", WEIGHTS))
    is_model = name in files or Path(name).is_file() or run
    shown = describe(find(name)) if is_model else _network(name, files)
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        if isinstance(value, Mapping):
            typer.echo("\n".join([f"{key}:", *(f"  {k}: {text}" for k, text in value.items())]))
        else:
            typer.echo(f"{key}: {value:,}" if key == "parameters" else f"{key}: {value}")


def _show_registered(entry: RegisteredModel, *, json: bool) -> None:
    if json:
        print_json(_document(entry))
        return
    typer.echo(f"{entry.id}: {entry.about}\nkind: {entry.kind}\nsource: {entry.source}")
    for key, text in asdict(entry.licence).items():
        typer.echo(f"{key if key == 'commercial' else f'licence of the {key}'}: {text}")
    for file, path in zip(entry.files, entry.paths, strict=True):
        where = path if path.is_file() else file.url or "import by hand"
        typer.echo(f"{file.name}: {file.about}, {where}")


def get(
    name: Annotated[str, Argument(metavar="NAME", help="Of a public model in `models list`.")],
    accept_licence: Annotated[
        str | None, Option(metavar="NAME", help="Accept its terms; the model's name again.")
    ] = None,
    commercial_only: CommercialOnly = False,
    quiet: Quiet = False,
) -> None:
    """Show a public model's terms, and download it if you accept."""
    here = (shipped_alone() | model_files()).get(name)
    if here is not None:
        typer.echo(f"{name} is here already: {here}")
        return
    entry = registered(name)
    if accept_licence not in (None, name):
        raise BadArgument(f"--accept-licence {accept_licence} is for another model than {name}")
    if not obtain(
        entry, accepted=accept_licence == name, commercial_only=commercial_only, quiet=quiet
    ):
        typer.echo("nothing was downloaded", err=True)
        raise typer.Exit(FAILED)
    typer.echo(f"{name} is installed in {entry.folder}")


def obtain(
    entry: RegisteredModel, *, accepted: bool, commercial_only: bool = False, quiet: bool = False
) -> bool:
    """Show the terms, ask unless they are accepted, download; returns whether it is installed."""
    check_commercial(entry.id, entry.licence, commercial_only=commercial_only)
    lacking = missing_files(entry)
    if not lacking:
        return True
    typer.echo(f"{entry.id}: {entry.about.lower()}, from {entry.source}", err=True)
    typer.echo(f"  {entry.licence.sentence}", err=True)
    for file in lacking:
        typer.echo(f"  {file.name}, {file.about}: {file.url}", err=True)
    if not accepted:
        if not sys.stdin.isatty():
            raise BadArgument(
                "these terms cannot be accepted without a terminal; run: "
                f"mattekit models get {entry.id} --accept-licence {entry.id}"
            )
        if not typer.confirm("download it on these terms?", err=True):
            return False
    with download_progress(quiet=quiet) as progress:
        fetch(entry, progress=progress)
    return True


def import_model(
    kind: Annotated[
        str,
        Argument(metavar="KIND|NAME", help="A kind of checkpoint, or the name of a public model."),
    ],
    checkpoints: Annotated[
        list[Path], Argument(metavar="FILE", help=f"The checkpoint; three for {CHAIN}.")
    ],
    output: Annotated[
        Path | None,
        Option(
            "-o",
            "--output",
            metavar="FILE.safetensors",
            help="Where to; default: the folder of models, under the checkpoint's name.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        Option(metavar="NAME=VALUE", help="An option of the network that the file does not state."),
    ] = None,
    not_strict: Annotated[
        bool, Option(help="Import what fits; the rest is listed and random.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Convert a published checkpoint to a file that describes itself.

    No code in the checkpoint is executed. The ONNX files of a public model are checked and copied
    as they are.
    """
    if kind in registry():
        entry = registry()[kind]
        import_files(entry, checkpoints, overwrite=overwrite)
        for path, state in check_files(entry).items():
            typer.echo(f"{path} ({state})")
        typer.echo(f"  {entry.licence.sentence}")
        return
    from mattekit.networks.published.importing import import_chain, import_checkpoint
    from mattekit.networks.weights import save

    name = CHAIN if kind == CHAIN else checkpoints[0].stem
    target = output or models_folder() / f"{name}{SUFFIX}"
    check_new(target, SUFFIX, overwrite=overwrite)
    if kind == CHAIN:
        imported = import_chain(checkpoints)
    elif len(checkpoints) == 1:
        imported = import_checkpoint(
            kind, checkpoints[0], options=_options(option or []), strict=not not_strict
        )
    else:
        raise BadArgument(f"{kind} is one file, but {len(checkpoints)} were given")
    save(target, imported.tensors, imported.header)
    for note in imported.header.notes:
        remark(note)
    typer.echo(f"{kind} -> {target}")
    typer.echo(f"  {_in_words(imported.header.options)}")
    typer.echo(f"  licence: {imported.header.licence}")
    typer.echo(f"  sha256 {digest(target, 'sha256')}")


def verify(model: Model, json: Json = False) -> None:
    """Check a model's files and its fidelity to the published program."""
    if model in registry():
        _verify_registered(registry()[model], json=json)
        return
    from mattekit.networks.published.verify import verify as verify_file

    path = find(model)
    report = verify_file(path)
    if json:
        print_json(asdict(report) | {"faithful": report.faithful, "file": str(path)})
    else:
        header = report.header
        low, mean, high = report.alpha
        lines = {
            "network": f"{header.architecture} ({_in_words(header.options) or 'no options'})",
            "keys": f"all {report.tensors} matched, {report.parameters:,} parameters",
            "preprocessing": _in_words(header.preprocessing),
            "departures": _in_words(report.departures) or "none from this project's defaults",
            "golden": _golden(report.golden, report.tolerance),
            "sample": f"alpha {low:.3f} to {high:.3f}, mean {mean:.3f}"
            if report.finite
            else "NOT FINITE: the weights are damaged",
            "source": header.source,
            "licence": header.licence,
            "training data": header.training_data,
            "test overlap": header.test_overlap,
            "notes": "; ".join(header.notes) or "none",
        }
        typer.echo(f"{path}  sha256 {digest(path, 'sha256')}")
        for key, text in lines.items():
            typer.echo(f"  {key:<14} {text}")
    if not report.faithful:
        raise BadWeights(f"{path} did not pass; see the lines above")


def _verify_registered(entry: RegisteredModel, *, json: bool) -> None:
    """Compare the files with the checksums on record, and their answer with the golden."""
    from mattekit.subject.golden import TOLERANCE, difference  # imports ONNX Runtime

    states = {str(path): state for path, state in check_files(entry).items()}
    bad = [path for path, state in states.items() if state in ("changed", "missing")]
    away = None if bad else difference(entry)
    if json:
        print_json({"name": entry.id, "files": states, "golden": away, "tolerance": TOLERANCE})
    else:
        for path, state in states.items():
            typer.echo(f"{path}: {state}")
        if away is not None:
            typer.echo(f"golden: largest difference {away} of 255, {TOLERANCE} allowed")
    if bad:
        raise BadWeights(
            f"{' and '.join(bad)}: checksums differ; run: "
            f"mattekit models remove {entry.id}, then mattekit models get {entry.id}"
        )
    if away is not None and away > TOLERANCE:
        raise BadWeights(
            f"{entry.id} does not find in a drawn picture what is on record; is ONNX Runtime "
            "as installed (see: mattekit doctor)?"
        )


def remove(
    name: Annotated[str, Argument(metavar="NAME", help="An imported or public model.")],
) -> None:
    """Delete a model's files from this computer."""
    if name in registry():
        removed = remove_files(registry()[name])
        if not removed:
            raise BadArgument(f"{name} is not installed; there is nothing to remove")
    else:
        removed = [models_folder() / f"{name}{SUFFIX}"]
        if not removed[0].is_file():
            raise BadArgument(f"no model '{name}' was imported; see: mattekit models list")
        removed[0].unlink()
    for path in removed:
        typer.echo(f"removed {path}")


def push(
    model: Annotated[str, Argument(metavar="RUN", help="A run, or one of its checkpoints.")],
    repository: Annotated[str, Argument(metavar="ORG/NAME", help="The repository on the hub.")],
    private: Annotated[bool, Option(help="Make a new repository private.")] = False,
) -> None:
    """Upload a run to the Hugging Face hub, with model card and recipe."""
    from mattekit.models.hub import push as push_to_hub

    address = push_to_hub(find(model), repository, private=private)
    typer.echo(f"{model} -> {address}\n  use it as hf://{repository}")


run = {
    "list": list_models,
    "show": show,
    "get": get,
    "import": import_model,
    "verify": verify,
    "remove": remove,
    "push": push,
}


def export(model: Model, output: OutputFile, overwrite: Overwrite = False) -> None:
    """Write a network as .onnx with dynamic height and width; print how far it is from PyTorch."""
    check_new(output, ".onnx", overwrite=overwrite)
    from mattekit.inference.export_onnx import export_onnx
    from mattekit.inference.load import load_in_torch
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


def describe(path: Path) -> dict[str, Any]:
    """The header of a model's file, with size and fingerprint; needs no torch."""
    contents = read_contents(path)
    said: dict[str, Any] = json_text.loads(contents.texts.get("mattekit", "{}"))
    if "architecture" not in said:
        how = "it was exported to run, as --model" if path.suffix == EXPORTED else "import it first"
        raise BadWeights(f"{path} does not say which network it is; {how}")
    shown: dict[str, Any] = {"name": path.stem, "file": str(path), "sha256": digest(path, "sha256")}
    return shown | {"parameters": contents.parameters} | said


def _document(entry: RegisteredModel) -> dict[str, Any]:
    return {"registered": True, "installed": entry.installed} | asdict(entry)


def _network(name: str, found: Mapping[str, Path]) -> dict[str, Any]:
    """A network's options, each with its values, default and meaning."""
    searched = f"there is no model '{name}'; to look for it among the networks"
    networks = require("mattekit.networks", searched).configs()
    from mattekit.networks.options import options_of

    if name not in networks:
        known = ", ".join(dict.fromkeys([*found, *networks]))
        raise BadArgument(f"there is no model or network '{name}'; there are {known}")
    lines = {
        option.name: f"{'|'.join(map(str, option.values)) or option.kind}, "
        f"default {option.default}. {option.meaning}"
        for option in options_of(networks[name])
    }
    what = (networks[name].__doc__ or "").splitlines()[0]
    return {"network": name, "what": what, "options": lines}


def _options(words: list[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise BadArgument(f"'{word}' is not an option; write NAME=VALUE, like skip=add")
    return dict(word.split("=", 1) for word in words)


def _golden(differences: Mapping[str, float] | None, tolerance: float) -> str:
    if differences is None:
        return "no output of the published program is recorded for these options"
    largest = max(differences.values())
    verdict = "computes what the published program does" if largest <= tolerance else "DIFFERS"
    return f"{verdict}: largest difference {largest:.1e}, {tolerance:g} allowed"


def _in_words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())

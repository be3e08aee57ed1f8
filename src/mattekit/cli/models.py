"""Models: `list`, `show`, `get`, `import`, `verify` and `remove` them, `push` trained ones."""

import hashlib
import json as json_text
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from mattekit.cli import registered
from mattekit.core.errors import BadArgument, BadOutput, BadWeights
from mattekit.models.files import SUFFIX, find, model_files, models_folder, read_contents
from mattekit.models.registry import registry

CHAIN = "samplenet-chain"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def list_models(json: Json = False) -> None:
    """The models that come with mattekit or were imported, and public ones to get."""
    models, broken = [], []
    for path in model_files().values():
        try:
            models.append(describe(path))
        except BadWeights as error:
            broken.append(str(error))
    if json:
        public = [registered.document(entry) for entry in registry().values()]
        document = {"models": models, "broken": broken, "public": public}
        typer.echo(json_text.dumps(document, indent=2))
    else:
        _list(models)
        typer.echo("\npublic models; show NAME prints their terms, get NAME downloads one:")
        for line in registered.lines():
            typer.echo(line)
    for sentence in broken:
        typer.echo(f"mattekit: {sentence}", err=True)
    if broken:
        raise typer.Exit(1)


def _list(models: list[dict[str, Any]]) -> None:
    if not models:
        typer.echo("no model yet; import one with: mattekit models import KIND FILE")
    for model in models:
        typer.echo(f"{model['name']}  {model['architecture']}, {model['parameters']:,} parameters")
        typer.echo(f"  licence: {model['licence']}; trained on: {model['training_data']}")
        typer.echo(f"  {model['file']}  sha256 {model['sha256'][:16]}")


def show(
    name: Annotated[str, typer.Argument(help="A model, its file, or a network such as dim.")],
    json: Json = False,
) -> None:
    """One model with its terms, or one network with its options."""
    if name in registry():
        registered.show(registry()[name], json=json)
        return
    found = model_files()
    if name in found or Path(name).is_file():
        shown = describe(found.get(name, Path(name)))
    else:
        shown = _network(name, found)
    if json:
        typer.echo(json_text.dumps(shown, indent=2))
        return
    for key, value in shown.items():
        if isinstance(value, Mapping):
            typer.echo(f"{key}:")
            for inner, text in value.items():
                typer.echo(f"  {inner}: {text}")
        else:
            typer.echo(f"{key}: {value:,}" if key == "parameters" else f"{key}: {value}")


def import_model(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND|NAME", help="What it is: a kind of checkpoint, or a registered model."
        ),
    ],
    checkpoints: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help=f"The checkpoint; three for {CHAIN}."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.safetensors",
            help="Where to; else among the models of MATTEKIT_HOME, under the checkpoint's name.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option that the file does not state."),
    ] = None,
    not_strict: Annotated[
        bool, typer.Option("--not-strict", help="Import what fits; the rest is listed and random.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a model.")] = False,
) -> None:
    """Convert a public checkpoint to a file that describes itself; no code in it is executed.

    The ONNX files of a registered model are checked and copied as they are.
    """
    if kind in registry():
        registered.bring_in(registry()[kind], checkpoints, overwrite=overwrite)
        return
    from mattekit.networks.published.importing import import_chain, import_checkpoint
    from mattekit.networks.weights import save

    name = CHAIN if kind == CHAIN else checkpoints[0].stem
    target = output or models_folder() / f"{name}{SUFFIX}"
    if target.suffix != SUFFIX:
        raise BadArgument(f"{target} does not end in {SUFFIX}; name the file so")
    if target.exists() and not overwrite:
        raise BadOutput(f"{target} exists; add --overwrite to replace it")
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
        typer.echo(f"mattekit: {note}", err=True)
    typer.echo(f"{kind} -> {target}")
    typer.echo(f"  {_in_words(imported.header.options)}")
    typer.echo(f"  licence: {imported.header.licence}")
    typer.echo(f"  sha256 {sha256(target)}")


def verify(
    model: Annotated[str, typer.Argument(metavar="NAME|FILE", help="An imported model.")],
    json: Json = False,
) -> None:
    """Check a model's keys, numbers and fidelity to the published program."""
    if model in registry():
        registered.verify(registry()[model], json=json)
        return
    from mattekit.networks.published.verify import verify as verify_file

    path = find(model)
    report = verify_file(path)
    if json:
        document = asdict(report) | {"faithful": report.faithful, "file": str(path)}
        typer.echo(json_text.dumps(document, indent=2))
    else:
        header = report.header
        low, mean, high = report.alpha
        lines = {
            "network": f"{header.architecture} ({_in_words(header.options)})",
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
        typer.echo(f"{path}  sha256 {sha256(path)}")
        for key, text in lines.items():
            typer.echo(f"  {key:<14} {text}")
    if not report.faithful:
        raise BadWeights(f"{path} did not pass; see the lines above")


def push(
    model: Annotated[str, typer.Argument(metavar="RUN", help="A run, or one of its checkpoints.")],
    repository: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Where to on the hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="Make a new repository private.")
    ] = False,
) -> None:
    """Upload a run's weights, model card and recipe to the Hugging Face hub."""
    from mattekit.models.hub import push as push_to_hub

    address = push_to_hub(find(model), repository, private=private)
    typer.echo(f"{model} -> {address}\n  use it as hf://{repository}")


def remove(name: Annotated[str, typer.Argument(help="An installed or imported model.")]) -> None:
    """Delete a model's files from this computer."""
    if name in registry():
        registered.remove(registry()[name])
        return
    path = models_folder() / f"{name}{SUFFIX}"
    if not path.is_file():
        raise BadArgument(f"no model '{name}' was imported; see: mattekit models list")
    path.unlink()
    typer.echo(f"removed {path}")


def describe(path: Path) -> dict[str, Any]:
    """The header of a model's file, with size and fingerprint; needs no torch."""
    contents = read_contents(path)
    said: dict[str, Any] = json_text.loads(contents.texts.get("mattekit", "{}"))
    if "architecture" not in said:
        raise BadWeights(f"{path} does not say which network it is; import it first")
    shown: dict[str, Any] = {"name": path.stem, "file": str(path), "sha256": sha256(path)}
    return shown | {"parameters": contents.parameters} | said


def sha256(path: Path) -> str:
    """The file's fingerprint."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _network(name: str, found: Mapping[str, Path]) -> dict[str, Any]:
    """A network's options, each with its values, default and meaning."""
    from mattekit.networks import configs
    from mattekit.networks.options import options_of

    networks = configs()
    if name not in networks:
        known = ", ".join([*found, *networks])
        raise BadArgument(f"there is no model or network '{name}'; there are {known}")
    lines = {
        option.name: f"{'|'.join(map(str, option.values)) or option.kind}, "
        f"default {option.default}. {option.meaning}"
        for option in options_of(networks[name])
    }
    return {"network": name, "what": (networks[name].__doc__ or "").splitlines()[0]} | {
        "options": lines
    }


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


run = {
    "list": list_models,
    "show": show,
    "get": registered.get,
    "import": import_model,
    "verify": verify,
    "remove": remove,
    "push": push,
}

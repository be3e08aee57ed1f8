"""Predict alphas for a folder of pictures with any network."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from multiprocessing import current_process
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mattekit.batch.files import pair, pictures_in
from mattekit.batch.names import Names, check_output, is_file
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import BatchOptions, Device, Manifest, OutputFolder, to_bytes
from mattekit.cli.photos import (
    HintOptions,
    MinConfidence,
    Photo,
    Photos,
    ReadOptions,
    StrategyOptions,
    Trimap,
    WriteOptions,
    find_frames,
    find_photos,
    items_of,
    with_confidence,
)
from mattekit.cli.report import run_batch
from mattekit.cli.sequences import Before, InSequence, check_sequence, frame_items, steady
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.matte import confidence_of
from mattekit.cutouts.save import chosen_format, suffix_of
from mattekit.imaging.files import open_trimap

if TYPE_CHECKING:
    from mattekit.inference.predictor import Predictor

PRECISIONS = ("32", "bf16", "fp16")


def run(
    output: OutputFolder,
    photos: Photos = None,
    trimap: Trimap = None,
    manifest: Manifest = None,
    list_file: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="Lines of <picture> <trimap> (val_set.txt)."),
    ] = None,
    alphamatting: Annotated[
        Path | None,
        typer.Option("--alphamatting", metavar="DIR", help="Holds input_ and trimap_lowres."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME|FILE", help="A model, or a file; default: shipped."),
    ] = None,
    *,
    strategy: StrategyOptions,
    sampling_size: Annotated[
        int | None,
        typer.Option("--sampling-size", metavar="N", help="samplenet: longest side for colours."),
    ] = None,
    max_short_side: Annotated[
        int | None,
        typer.Option("--max-short-side", metavar="N", help="Predict larger pictures at this size."),
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option("--max-memory", metavar="2GB", help="Memory of the whole process.")
    ] = None,
    device: Device = "auto",
    devices: Annotated[
        int,
        typer.Option("--devices", metavar="N", min=1, help="GPUs to share the photos out to."),
    ] = 1,
    precision: Annotated[
        str, typer.Option(metavar="32|bf16|fp16", help="Of the network's arithmetic.")
    ] = "32",
    save: Annotated[
        str, typer.Option("--save", metavar="LIST", help="alpha, foreground, rgba, glance, ...")
    ] = "alpha",
    true: Annotated[
        Path | None,
        typer.Option("--true", metavar="DIR", help="True alphas: measure what was written."),
    ] = None,
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="NAME", help="Protocol of --true; see evaluate.")
    ] = "official",
    min_confidence: MinConfidence = None,
    sequence: InSequence = False,
    read: ReadOptions,
    write: WriteOptions,
    batch: BatchOptions,
) -> None:
    """Predict alphas for pictures with any network."""
    from mattekit.inference.matting import check_states_error
    from mattekit.inference.outputs import check_names, parse_names

    parts = parse_names(save)
    if sequence:
        check_sequence(batch, parts)
    found = _find(photos, manifest, list_file, alphamatting, output, trimap, sequence=sequence)
    format = chosen_format(output, write.format, is_file=is_file(output)) or "png"
    if precision not in PRECISIONS:
        raise BadArgument(f"the precision is one of {', '.join(PRECISIONS)}, not '{precision}'")
    batch = replace(batch, processes=_processes(device, devices, batch.processes))
    build = partial(
        _build,
        model,
        device=device,
        devices=devices,
        precision=precision,
        strategy=strategy.chosen(),
        max_memory=None if max_memory is None else to_bytes(max_memory),
        **({} if sampling_size is None else {"sampling_size": sampling_size}),
    )
    predictor = build()
    if parts != ("alpha",):
        check_names(parts, predictor.network)
    if min_confidence is not None:
        check_states_error(predictor)
    work = partial(
        _predict, build=build, read=read, bits=write.bits, max_short_side=max_short_side,
        min_confidence=min_confidence,
    )  # fmt: skip
    suffixes = {part: suffix_of("png" if part == "trimap" else format) for part in parts}
    make = partial(_item, work=work, suffixes=suffixes)
    if true is not None or sequence:
        found = [*found]
    if isinstance(found, list) and sequence:
        items: Iterable[Item] = frame_items(found, partial(_places, suffixes=suffixes), make)
    else:
        items = items_of(found, make)
    try:
        run_batch(items, batch)
    finally:
        if true is not None:
            alone = parts == ("alpha",)
            _measure(found, output, true, protocol, batch, "*" if alone else "*-alpha")


def _processes(device: str, devices: int, processes: int) -> int:
    """How many processes work, at least one a GPU; refuses more GPUs than there are."""
    if devices == 1:
        return processes
    if device not in ("auto", "cuda"):
        raise BadArgument(f"--devices counts GPUs, and the device is {device}; use --processes")
    from mattekit.inference.torch_network import find_device

    find_device(f"cuda:{devices - 1}")
    return max(processes, devices)


def _build(model: str | None, *, device: str, devices: int, **options: Any) -> "Predictor":
    """The predictor, on a GPU of this process's own where several share the work."""
    from mattekit.inference.load import load

    if devices > 1:
        worker = current_process().name.rpartition("-")[2]  # SpawnProcess-1, -2, ...
        device = f"cuda:{int(worker) % devices if worker.isdigit() else 0}"
    return load(model, device=device, **options)


def _find(
    photos: list[str] | None,
    manifest: Path | None,
    list_file: Path | None,
    alphamatting: Path | None,
    output: Path,
    trimap: Path | None,
    *,
    sequence: bool,
) -> Iterable[Photo]:
    """The pictures to predict."""
    if sum(bool(given) for given in (photos, manifest, list_file, alphamatting)) != 1:
        raise BadArgument("name the photos, or give one of --manifest, --list and --alphamatting")
    if alphamatting is not None:
        check_output(output, several=True)
        return [*_alphamatting(alphamatting, output)]
    if list_file is not None:
        from mattekit.data.lists import read_rows

        root = list_file.parent
        rows = [(root / photo, root / trimap) for photo, trimap in read_rows(list_file, 2)]
        check_output(output, several=len(rows) > 1)
        return [
            Photo(path=photo, output=output, hints={"trimap": trimap}) for photo, trimap in rows
        ]
    find = find_frames if sequence else find_photos
    return find(photos, manifest, output, HintOptions(trimap=trimap))


def _alphamatting(root: Path, folder: Path) -> Iterator[Photo]:
    """Every photo of the low-resolution set with each of its trimaps, into Trimap1, Trimap2, ..."""
    for name in ("input_lowres", "trimap_lowres"):
        if not (root / name).is_dir():
            raise BadData(f"{root} has no folder {name}; expected the layout of alphamatting.com")
    photos = pictures_in(root / "input_lowres")
    for trimaps in sorted((root / "trimap_lowres").iterdir()):
        for photo, trimap in pair(photos, trimaps).items():
            output = folder / trimaps.name
            yield Photo(path=photo, output=output, hints={"trimap": trimap}, called=trimap)


def _places(photo: Photo, suffixes: Mapping[str, str]) -> dict[str, Path]:
    return Names(output=photo.output, suffixes=suffixes).of(photo.path.stem)


def _item(
    photo: Photo,
    *,
    work: Callable[..., Outcome],
    suffixes: Mapping[str, str],
    before: Before | None = None,
) -> Item:
    places = _places(photo, suffixes)
    return Item(
        path=photo.called or photo.path,
        work=partial(work, photo, places, before=before),
        inputs=(photo.path, *photo.hint_files),
        outputs=tuple(places.values()),
    )


def _predict(
    photo: Photo,
    places: Mapping[str, Path],
    *,
    build: Callable[[], "Predictor"],
    read: ReadOptions,
    bits: int,
    max_short_side: int | None,
    min_confidence: float | None,
    before: Before | None,
) -> Outcome:
    from mattekit.inference.outputs import needed_planes, predict_planes, write_outputs

    predictor = build()
    picture = read.photo(photo.path)
    earlier = None if before is None else before.carried(picture, read)
    warnings, trimap = list(picture.warnings), None
    if "trimap" in photo.hints:
        trimap, remarks = open_trimap(
            photo.hints["trimap"], strict=read.strict_trimap, max_pixels=read.max_pixels
        )
        warnings += remarks
    elif earlier is not None and predictor.network.needs_trimap:
        trimap = earlier.trimap()
    needed = needed_planes(places) | ({"error"} if min_confidence is not None else set())
    planes = predict_planes(
        predictor, picture.colours, trimap, needed, max_short_side=max_short_side
    )
    planes["alpha"], extra = steady(planes["alpha"], earlier)
    write_outputs(planes, picture, trimap, paths=dict(places), bits=bits)
    sure = None
    if trimap is not None and "error" in planes:
        sure = confidence_of(planes["error"])
    return with_confidence(
        sure,
        min_confidence,
        outputs=list(places.values()),
        warnings=warnings,
        model=predictor.network.name,
        extra=extra,
    )


def _measure(
    photos: Iterable[Photo],
    predicted: Path,
    true: Path,
    protocol: str,
    batch: BatchOptions,
    names: str,
) -> None:
    """Evaluate the written alphas; the numbers are stored with them."""
    from mattekit.cli import evaluate

    folders = {file.parent for photo in photos for file in photo.hint_files}
    if len(folders) > 1:
        raise BadArgument("the trimaps lie in several folders; run `mattekit evaluate` on each")
    evaluate.run(
        predicted=predicted,
        true=true,
        trimap=next(iter(folders), None),
        protocol=protocol,
        names=[f"predicted={names}"],
        output=[predicted / "metrics.json", predicted / "metrics.csv"],
        overwrite=True,
        quiet=batch.quiet or batch.json,
    )

"""`predict`: alphas for many photos with any network, as published programs are tested."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing import current_process
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from mattekit.batch.files import pair, pictures_in
from mattekit.batch.names import check_output, is_file
from mattekit.batch.runner import Outcome
from mattekit.cli.options import BatchOptions, Device, MaxMemory, OutputFolder, Precision
from mattekit.cli.photo_options import (
    FileOptions,
    Manifest,
    MinConfidence,
    PhotoOptions,
    Photos,
    StrategyOptions,
    StrictTrimap,
    Trimap,
)
from mattekit.cli.report import run_batch
from mattekit.cli.sequences import Before, InSequence, check_sequence, find_frames, items_of, steady
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.matte import confidence_of
from mattekit.cutouts.photos import GivenHints, Photo, PhotoWork, find_photos, with_confidence
from mattekit.cutouts.save import chosen_format, suffix_of
from mattekit.imaging.files import open_trimap
from mattekit.inference.matting import check_states_error
from mattekit.inference.outputs import (
    check_names,
    needed_planes,
    parse_names,
    predict_planes,
    write_outputs,
)
from mattekit.inference.predictor import Predictor

PRECISIONS = ("32", "bf16", "fp16")


def run(
    output: OutputFolder,
    photos: Photos = None,
    trimap: Trimap = None,
    strict_trimap: StrictTrimap = False,
    manifest: Manifest = None,
    list_file: Annotated[
        Path | None,
        Option("--list", metavar="FILE", help="Lines of <picture> <trimap>, as val_set.txt."),
    ] = None,
    alphamatting: Annotated[
        Path | None,
        Option(metavar="DIR", help="A folder of alphamatting.com: input_lowres, trimap_lowres."),
    ] = None,
    model: Annotated[
        str | None, Option(metavar="NAME|FILE", help="A network; default: the shipped one.")
    ] = None,
    *,
    strategy: StrategyOptions,
    sampling_size: Annotated[
        int | None, Option(metavar="N", help="samplenet: longest side at which colours are found.")
    ] = None,
    max_short_side: Annotated[
        int | None, Option(metavar="N", help="Predict larger photos at this short side.")
    ] = None,
    max_memory: MaxMemory = None,
    device: Device = "auto",
    devices: Annotated[
        int, Option(metavar="N", min=1, help="GPUs among which the photos are divided.")
    ] = 1,
    precision: Precision = None,
    save: Annotated[
        str,
        Option(metavar="LIST", help="Planes of the network, such as alpha,foreground; and rgba."),
    ] = "alpha",
    true: Annotated[
        Path | None, Option(metavar="DIR", help="True alphas: measure what was written.")
    ] = None,
    protocol: Annotated[
        str, Option(metavar="NAME", help="How --true is measured, see evaluate.")
    ] = "official",
    min_confidence: MinConfidence = None,
    sequence: InSequence = False,
    read: PhotoOptions,
    write: FileOptions,
    batch: BatchOptions,
) -> None:
    """Predict alphas for photos with any network.

    Where `cutout` makes cut-outs, this runs a network as published programs do: with all of its
    strategies and planes, and on the lists of public test sets.
    """
    parts = parse_names(save)
    if sequence:
        check_sequence(batch, parts)
    found = _find(photos, manifest, list_file, alphamatting, output, trimap, sequence=sequence)
    format = chosen_format(output, write.format, is_file=is_file(output)) or "png"
    if precision not in (None, *PRECISIONS):
        raise BadArgument(f"the precision is one of {', '.join(PRECISIONS)}, not '{precision}'")
    batch = replace(batch, processes=_processes(device, devices, batch.processes))
    build = partial(
        _build,
        model,
        device=device,
        devices=devices,
        precision=precision or "32",
        strategy=strategy.chosen(),
        max_memory=max_memory,
        **({} if sampling_size is None else {"sampling_size": sampling_size}),
    )
    predictor = build()
    if parts != ("alpha",):
        check_names(parts, predictor.network)
    if min_confidence is not None:
        check_states_error(predictor)
    work = partial(
        _predict,
        build=build,
        read=read,
        strict_trimap=strict_trimap,
        bits=write.bits,
        max_short_side=max_short_side,
        min_confidence=min_confidence,
    )
    if true is not None:
        found = [*found]
    photo_work = PhotoWork(work=work, suffixes=partial(_suffixes, parts=parts, format=format))
    try:
        run_batch(items_of(photo_work, found, sequence=sequence), batch)
    finally:
        if true is not None:
            names = "*" if parts == ("alpha",) else "*-alpha"
            _measure(found, output, true, protocol, batch, names)


def _suffixes(photo: Path, *, parts: Sequence[str], format: str) -> dict[str, str]:
    return {part: suffix_of("png" if part == "trimap" else format) for part in parts}


def _processes(device: str, devices: int, processes: int) -> int:
    """How many processes work, at least one a GPU; refuses more GPUs than there are."""
    if devices == 1:
        return processes
    if device not in ("auto", "cuda"):
        raise BadArgument(f"--devices counts GPUs, and the device is {device}; use --processes")
    from mattekit.inference.torch_network import find_device

    find_device(f"cuda:{devices - 1}")
    return max(processes, devices)


def _build(model: str | None, *, device: str, devices: int, **options: Any) -> Predictor:
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
) -> Sequence[Photo] | Iterator[Photo]:
    """The photos to predict."""
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
    hints = GivenHints(values={} if trimap is None else {"trimap": trimap})
    find = find_frames if sequence else find_photos
    return find(photos, output, hints, manifest=manifest)


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


def _predict(
    photo: Photo,
    places: Mapping[str, Path],
    *,
    build: Callable[[], Predictor],
    read: PhotoOptions,
    strict_trimap: bool,
    bits: int,
    max_short_side: int | None,
    min_confidence: float | None,
    before: Before | None,
) -> Outcome:
    predictor = build()
    picture = read.photo(photo.path)
    earlier = None if before is None else before.carried(picture, read)
    warnings, trimap = list(picture.warnings), None
    if "trimap" in photo.hints:
        trimap, remarks = open_trimap(
            photo.hints["trimap"], strict=strict_trimap, max_pixels=read.max_pixels
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
    stated = trimap is not None and "error" in planes
    return with_confidence(
        {"confidence": confidence_of(planes["error"]) if stated else None},
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

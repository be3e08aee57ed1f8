"""Predict alphas for a folder of pictures with any network."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mattekit.cli.batch import Outcome, Reporting, gather, pair, pictures_in, run_batch
from mattekit.cli.confidence import MinConfidence, with_confidence
from mattekit.cli.options import (
    DEFAULT_MAX_PIXELS,
    Bits,
    Device,
    Json,
    MaxPixels,
    OutputFolder,
    Overwrite,
    Quiet,
    SkipExisting,
    to_bytes,
    to_size,
)
from mattekit.core.errors import BadArgument, BadData

if TYPE_CHECKING:
    from mattekit.inference.strategies import StrategyConfig

OPTIONS = {
    "whole": {"max_size"},
    "tile": {"size", "overlap"},
    "resize": {"height", "width"},
    "hybrid": {"glance_ratio", "focus_ratio", "legacy_sizes"},
}
"""Strategy -> its fields that the command line can set."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One picture to predict."""

    photo: Path
    trimap: Path | None
    folder: Path


def run(
    output_folder: OutputFolder,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME|FILE", help="A model, or a file; else the shipped."),
    ] = None,
    images: Annotated[
        list[str] | None, typer.Option("--images", metavar="DIR", help="Pictures to predict.")
    ] = None,
    trimaps: Annotated[
        Path | None, typer.Option("--trimaps", metavar="DIR", help="Their trimaps, by stem.")
    ] = None,
    list_file: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="Lines of <picture> <trimap> (val_set.txt)."),
    ] = None,
    alphamatting: Annotated[
        Path | None,
        typer.Option("--alphamatting", metavar="DIR", help="Holds input_ and trimap_lowres."),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", metavar="whole|tile|resize|hybrid", help="Default: what suits."),
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="resize: what the network sees.")
    ] = None,
    max_size: Annotated[
        int | None, typer.Option("--max-size", metavar="N", help="whole: longest side.")
    ] = None,
    tile: Annotated[
        int | None, typer.Option("--tile", metavar="N", help="tile: longest side of a window.")
    ] = None,
    overlap: Annotated[
        int | None, typer.Option("--overlap", metavar="N", help="tile: context around it.")
    ] = None,
    glance_ratio: Annotated[
        float | None, typer.Option("--glance-ratio", help="hybrid: size of the first pass.")
    ] = None,
    focus_ratio: Annotated[
        float | None, typer.Option("--focus-ratio", help="hybrid: size of the second pass.")
    ] = None,
    legacy_sizes: Annotated[
        bool, typer.Option("--legacy-sizes", help="hybrid: round sizes as the published test.")
    ] = False,
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
    output: Annotated[
        str, typer.Option("--output", metavar="NAME,...", help="alpha, foreground, rgba, glance...")
    ] = "alpha",
    true: Annotated[
        Path | None,
        typer.Option("--true", metavar="DIR", help="True alphas: measure what was written."),
    ] = None,
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="NAME", help="Of that measuring; see evaluate.")
    ] = "official",
    min_confidence: MinConfidence = None,
    device: Device = "auto",
    bits: Bits = 8,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
) -> None:
    """Predict alphas for a folder of pictures with any network."""
    from mattekit.core.matte import confidence_of
    from mattekit.imaging.files import open_picture, open_trimap
    from mattekit.inference.load import load
    from mattekit.inference.matting import check_states_error
    from mattekit.inference.outputs import (
        check_names,
        needed_planes,
        parse_names,
        path_of,
        predict_planes,
        write_outputs,
    )

    names = parse_names(output)
    jobs = find_jobs(images, trimaps, list_file, alphamatting, output_folder)
    height, width = (None, None) if size is None else to_size(size)
    predictor = load(
        model,
        device=device,
        strategy=choose(
            strategy,
            max_size=max_size,
            size=tile,
            overlap=overlap,
            height=height,
            width=width,
            glance_ratio=glance_ratio,
            focus_ratio=focus_ratio,
            legacy_sizes=legacy_sizes or None,
        ),
        max_memory=None if max_memory is None else to_bytes(max_memory),
        **({} if sampling_size is None else {"sampling_size": sampling_size}),
    )

    if names != ("alpha",):
        check_names(names, predictor.network)
    needed = needed_planes(names)
    if min_confidence is not None:
        check_states_error(predictor)
        needed.add("error")

    def outputs(key: Path) -> list[Path]:
        job = jobs[key]
        return [path_of(job.folder, job.photo.stem, name) for name in names]

    def work(key: Path) -> Outcome:
        job = jobs[key]
        picture = open_picture(job.photo, max_pixels=max_pixels)
        warnings = list(picture.warnings)
        trimap = None
        if job.trimap is not None:
            trimap, remarks = open_trimap(job.trimap, max_pixels=max_pixels)
            warnings += remarks
        planes = predict_planes(
            predictor,
            picture.colours,
            trimap,
            needed,
            max_short_side=max_short_side,
        )
        paths = dict(zip(names, outputs(key), strict=True))
        write_outputs(planes, picture, trimap, paths=paths, bits=bits)
        sure = None
        if trimap is not None and "error" in planes:
            sure = confidence_of(planes["error"])
        return with_confidence(
            sure,
            min_confidence,
            outputs=list(paths.values()),
            warnings=warnings,
            model=predictor.network.name,
        )

    reporting = Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing)
    try:
        run_batch(list(jobs), work, reporting, outputs=outputs)
    finally:
        if true is not None:
            measure(jobs, output_folder, true, protocol, reporting)


def measure(
    jobs: dict[Path, Job], predicted: Path, true: Path, protocol: str, reporting: Reporting
) -> None:
    """Evaluate the alphas that were written; the numbers go beside them."""
    from mattekit.cli import evaluate

    folders = {job.trimap.parent for job in jobs.values() if job.trimap is not None}
    if len(folders) > 1:
        raise BadArgument("the trimaps lie in several folders; run `mattekit evaluate` on each")
    evaluate.run(
        predicted=predicted,
        true=true,
        trimaps=next(iter(folders), None),
        protocol=protocol,
        json=predicted / "metrics.json",
        csv=predicted / "metrics.csv",
        overwrite=True,
        quiet=reporting.quiet or reporting.json,
    )


def choose(name: str | None, **given: Any) -> "StrategyConfig | None":
    """The strategy of that name with the fields that were given; None leaves the choice open."""
    from mattekit.inference.strategies import STRATEGIES

    fields = {field: value for field, value in given.items() if value is not None}
    if name is None and fields:
        name = next(strategy for strategy, own in OPTIONS.items() if set(fields) & own)
    if name is None:
        return None
    if name not in STRATEGIES:
        raise BadArgument(f"there is no strategy {name!r}; choose {', '.join(STRATEGIES)}")
    foreign = sorted(set(fields) - OPTIONS[name])
    if foreign:
        raise BadArgument(
            f"the strategy {name} has no {', '.join(foreign)}; it has {', '.join(OPTIONS[name])}"
        )
    strategy: StrategyConfig = STRATEGIES[name](**fields)
    return strategy


def find_jobs(
    images: list[str] | None,
    trimaps: Path | None,
    list_file: Path | None,
    alphamatting: Path | None,
    folder: Path,
) -> dict[Path, Job]:
    """The pictures to predict by a key that names each in reports."""
    if sum(given is not None for given in (images, list_file, alphamatting)) != 1:
        raise BadArgument("name the pictures by one of --images, --list and --alphamatting")
    if alphamatting is not None:
        return dict(_alphamatting_jobs(alphamatting, folder))
    if list_file is not None:
        return dict(_listed_jobs(list_file, folder))
    photos = gather(images or [])
    partners = {} if trimaps is None else pair(photos, trimaps)
    return {photo: Job(photo=photo, trimap=partners.get(photo), folder=folder) for photo in photos}


def _listed_jobs(list_file: Path, folder: Path) -> Iterator[tuple[Path, Job]]:
    from mattekit.data.lists import read_rows

    for photo, trimap in read_rows(list_file, 2):
        path = list_file.parent / photo
        yield path, Job(photo=path, trimap=list_file.parent / trimap, folder=folder)


def _alphamatting_jobs(root: Path, folder: Path) -> Iterator[tuple[Path, Job]]:
    """Every photo of the low-resolution set with each of its trimaps, into Trimap1, Trimap2, ..."""
    photos = _subfolder(root, "input_lowres")
    for trimaps in sorted(_subfolder(root, "trimap_lowres").iterdir()):
        for photo, trimap in pair(pictures_in(photos), trimaps).items():
            yield trimap, Job(photo=photo, trimap=trimap, folder=folder / trimaps.name)


def _subfolder(root: Path, name: str) -> Path:
    folder = root / name
    if not folder.is_dir():
        raise BadData(f"{root} has no folder {name}; expected the layout of alphamatting.com")
    return folder

"""Measure folders of predictions: pair the files, measure them, or predict them first.

The command `mattekit evaluate` prints what `evaluate` returns.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from mattekit.batch.files import pictures_in
from mattekit.batch.processes import NO_LIMITS, Limits, run_on_processes
from mattekit.core.errors import BadArgument, BadData, MattekitError
from mattekit.core.storage import as_path
from mattekit.core.types import Region
from mattekit.evaluation.measure import MeasureOptions, measure_files, unmeasured
from mattekit.evaluation.pairing import Pairing, PictureFiles, Role, Rule, name_in, pair_files
from mattekit.evaluation.results import Evaluation, Row, from_document
from mattekit.imaging.files import MAX_PIXELS, open_picture, open_trimap, write_alpha
from mattekit.metrics.metric import missing_trimap
from mattekit.metrics.protocols import Protocol, choose_protocol

Progress = Callable[[int], AbstractContextManager[Callable[[], object]]]
"""Given the number of pictures, returns a context manager whose value is called after each."""

ERRORS = "*-error"
"""Names of expected errors, as `predict` and `cutout` write them beside an alpha."""
BITS = 16
"""Depth of predictions that are measured: rounding to 8 bits would change the numbers."""


def no_progress(pictures: int) -> AbstractContextManager[Callable[[], object]]:
    """Shows nothing."""
    return nullcontext(lambda: None)


def evaluate(
    predicted: str | Path,
    true: str | Path,
    *,
    trimap: str | Path | None = None,
    photo: str | Path | None = None,
    foreground: str | Path | None = None,
    background: str | Path | None = None,
    colours: str | Path | None = None,
    error: str | Path | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
    metrics: Sequence[str] | None = None,
    perceptual: str | None = None,
    patterns: Mapping[Role, str] | None = None,
    rule: Rule = "stem",
    allow_masks: bool = False,
    max_pixels: int = MAX_PIXELS,
    processes: int = 1,
    limits: Limits = NO_LIMITS,
    progress: Progress = no_progress,
) -> Evaluation:
    """Measure a folder of predicted alphas against the true ones.

    Args:
        predicted: a folder of alphas or RGBA cut-outs, whose files are paired by stem, or one file.
            The JSON document of an earlier evaluation is read instead.
        true: the true alphas.
        trimap: a folder of trimaps, needed by protocols that measure the unknown region.
        photo: the photos, for a report.
        foreground: the true colours; adds the colour error and the halo scores.
        background: the true backgrounds, for the halo.
        colours: the predicted colours, where they are not in the RGBA predictions.
        error: the model's expected errors; adds its calibration.
        protocol: a name of `mattekit.metrics.PROTOCOLS`, or a `Protocol` of your own.
        region: `unknown` or `whole`, instead of the protocol's.
        metrics: names of `mattekit.metrics.METRICS`; default: the five matting errors.
        perceptual: weights of VGG-16; adds the perceptual distance (`networks.perceptual`).
        patterns: role -> name pattern such as `*-alpha`, where stems differ.
        rule: `composition1k` pairs `cat_7` with the truth `cat`.
        allow_masks: accept truths that hold only 0 and 1.
        max_pixels: refuse larger pictures before decoding them.
        processes: number of worker processes; 0 is one per processor.
        limits: of the seconds and memory of one picture.
        progress: makes a progress bar, see `Progress`.

    Returns:
        An `Evaluation`: a row per picture, and the means; a picture that failed is a row with its
        error.

    Raises:
        MattekitError: nothing could be paired, or the protocol lacks its trimaps.

    >>> import tempfile
    >>> import numpy as np
    >>> from mattekit.imaging.files import write_alpha
    >>> path = Path(tempfile.mkdtemp()) / "cat.png"
    >>> write_alpha(path, np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    >>> evaluate(path, path, protocol="gfm", metrics=["sad", "mse"]).means
    {'sad': 0.0, 'mse': 0.0}
    """
    if Path(predicted).suffix.lower() == ".json":
        return read_evaluation(Path(predicted))
    options = MeasureOptions(
        protocol=choose_protocol(protocol, region),
        metrics=metrics,
        allow_masks=allow_masks,
        perceptual=perceptual,
        max_pixels=max_pixels,
    )
    given: dict[Role, str | Path | None] = {
        "predicted": predicted,
        "true": true,
        "trimap": trimap,
        "photo": photo,
        "colours": colours,
        "foreground": foreground,
        "background": background,
        "error": error,
    }
    places = {role: as_path(place) for role, place in given.items() if place is not None}
    evaluation = measure_pairing(
        str(places["predicted"]),
        _paired(places, {"error": ERRORS, **(patterns or {})}, rule),
        options,
        processes=processes,
        limits=limits,
        progress=progress,
    )
    return replace(evaluation, places={role: str(place) for role, place in places.items()})


def measure_pairing(
    title: str,
    pairing: Pairing,
    options: MeasureOptions,
    *,
    processes: int = 1,
    limits: Limits = NO_LIMITS,
    progress: Progress = no_progress,
) -> Evaluation:
    """Measure every picture; rows come back in the order of the pairing."""
    protocol = options.protocol
    if protocol.needs_trimap and not any(picture.trimap for picture in pairing.pictures):
        raise missing_trimap(protocol)
    rows: dict[str, Row] = {}
    work = partial(measure_files, options=options)
    with progress(len(pairing.pictures)) as advance:
        for row in run_on_processes(
            work, pairing.pictures, processes, limits=limits, lost=unmeasured
        ):
            rows[row.name] = row
            advance()
    return Evaluation(
        title=title,
        protocol=protocol,
        rows=tuple(rows[picture.name] for picture in pairing.pictures),
        problems=pairing.problems,
        pictures=pairing.pictures,
    )


def predict_alphas(
    model: str,
    photos: Mapping[Path, Path],
    folder: Path,
    *,
    device: str = "auto",
    max_pixels: int = MAX_PIXELS,
    progress: Progress = no_progress,
) -> tuple[Row, ...]:
    """Write the alpha that a model finds for each photo and its trimap, under the photo's name.

    Returns:
        Rows of the photos of which none was found, each with its error.

    Raises:
        MattekitError: of none an alpha was found.
    """
    from mattekit.inference.matting import build_matting  # takes a moment to import

    names = [photo.stem for photo in photos]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadArgument(f"two photos are called {twice[0]}; results are paired by that name")
    method = build_matting(model, device=device)
    failed = []
    with progress(len(photos)) as advance:
        for photo, trimap in photos.items():
            try:
                picture = open_picture(photo, max_pixels=max_pixels)
                labels, _ = open_trimap(trimap, max_pixels=max_pixels)
                matte = method.matte(picture.colours, labels)
            except MattekitError as error:
                if len(photos) == 1:
                    raise
                failed.append(Row(name=photo.stem, predicted=str(photo), error=str(error)))
            else:
                write_alpha(folder / f"{photo.stem}.png", matte.alpha, bits=BITS)
            advance()
    if failed and len(failed) == len(photos):
        raise MattekitError(f"no photo has an alpha by {model}; {photo.name}: {failed[-1].error}")
    return tuple(failed)


def read_evaluation(path: Path) -> Evaluation:
    """The numbers of an earlier run, from its JSON file."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{path} cannot be read as JSON: {error}") from error
    return from_document(document)


def holds_errors(place: Path, pattern: str = ERRORS) -> bool:
    """Whether a folder of predictions holds expected errors of its own."""
    is_document = place.suffix.lower() == ".json"
    return not is_document and any(name_in(pattern, path) for path in _files(place))


def _paired(places: Mapping[Role, Path], patterns: Mapping[Role, str], rule: Rule) -> Pairing:
    """The pictures of some folders; files that are given one by one belong together."""
    files = {role: _files(place) for role, place in places.items()}
    if not any(place.is_dir() for place in places.values()):
        picture = PictureFiles(name=places["predicted"].stem, **places)  # type: ignore[arg-type]
        return Pairing(pictures=(picture,), problems=())
    if places.get("error") == places["predicted"]:  # `predict` writes both into one folder
        pattern = patterns["error"]
        files["predicted"] = [path for path in files["predicted"] if not name_in(pattern, path)]
    return pair_files(files, patterns=patterns, rule=rule)


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        return pictures_in(place)
    if not place.exists():
        raise BadData(f"{place} does not exist; give a folder of pictures, or one picture")
    return [place]

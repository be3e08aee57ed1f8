"""Pictures set aside because the model is not sure enough of them: `--min-confidence`."""

from typing import Annotated, Any

import typer

from mattekit.cli.batch import Outcome

MinConfidence = Annotated[
    float | None,
    typer.Option(
        "--min-confidence",
        min=0.0,
        max=1.0,
        metavar="X",
        help="Report what is written with less confidence, from 0 to 1, as unsure; exit code 1.",
    ),
]


def with_confidence(confidence: float | None, least: float | None, **given: Any) -> Outcome:
    """An outcome that tells the confidence, and is unsure where that is below the least."""
    if confidence is None:
        return Outcome(**given)
    told = round(confidence, 4)
    unsure = None
    if least is not None and confidence < least:
        unsure = f"confidence {told} is below {least:g}; look at the result, or paint a better hint"
    return Outcome(extra={"confidence": told}, unsure=unsure, **given)

"""The page beside the weights: what was learned, from what, how well, how to do it again."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a model card says."""

    title: str
    command: str
    network: str
    parameters: int
    step: int
    steps: int
    data: dict[str, str]
    """What for -> description."""
    licences: dict[str, str]
    """What for -> terms of its pictures."""
    scores: dict[str, float] = field(default_factory=dict)
    protocol: str = ""
    samples: int = 0
    """Pictures that the scores are means of."""
    notes: Sequence[str] = ()
    recipe: str = ""


def model_card(card: Card) -> str:
    """The card as Markdown."""
    lines = [
        f"# {card.title}",
        "",
        f"Network `{card.network}`, {card.parameters:,} parameters, "
        f"after step {card.step:,} of {card.steps:,}.",
        "",
        "## Trained on",
        *(f"- {use}: {what}. Licence: {card.licences[use]}" for use, what in card.data.items()),
        "",
        "## Measured",
        *_measured(card),
        "",
        "## To repeat",
        "```",
        card.command,
        "```",
        *(["", "## Notes", *(f"- {note}" for note in card.notes)] if card.notes else []),
        "",
        "## Recipe",
        "```yaml",
        card.recipe.rstrip(),
        "```",
        "",
    ]
    return "\n".join(lines)


def _measured(card: Card) -> list[str]:
    if not card.scores:
        return ["Not measured yet."]
    return [
        f"Means of {card.samples} validation samples, protocol `{card.protocol}`.",
        "",
        "| metric | value |",
        "|---|---|",
        *(f"| {name} | {value:.5g} |" for name, value in card.scores.items()),
    ]

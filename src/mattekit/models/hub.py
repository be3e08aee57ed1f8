"""Models on the Hugging Face hub, through `huggingface_hub`: fetched by name, pushed with card.

Nothing is fetched or pushed unless it is requested. Fetched files are in the hub's own cache, which
is used when the hub cannot be reached.
"""

import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from mattekit.core.errors import BadArgument, BadOutput, BadWeights
from mattekit.core.extras import require
from mattekit.models.files import HUB, WEIGHTS

ANSWERS_WITHIN = 5.0
"""Timeout in seconds for reaching the hub; huggingface_hub itself tries for a minute."""
CARD, README, RECIPE = "model_card.md", "README.md", "recipe.yaml"
ABOUT = """---
library_name: mattekit
pipeline_tag: image-segmentation
tags: [image-matting]
license: other
---

"""
"""The card's metadata for the hub; the terms are in its text."""


def fetch(address: str) -> Path:
    """The weights at `hf://org/name` or `hf://org/name@revision`."""
    name = address.removeprefix(HUB)
    repository, _, revision = name.partition("@")
    return fetch_file(_checked(repository), WEIGHTS, revision=revision or None)


def fetch_file(repository: str, file: str, *, revision: str | None = None) -> Path:
    """A file of a repository, the newest if the hub answers, else the cached one."""
    hub = _hub(f"fetching {repository}")
    reachable = not hub.constants.HF_HUB_OFFLINE and _answers(hub.constants.ENDPOINT)
    try:
        path = hub.hf_hub_download(
            repository, file, revision=revision, local_files_only=not reachable
        )
    except (hub.errors.LocalEntryNotFoundError, hub.errors.HfHubHTTPError) as error:
        if reachable:
            sentence = f"{repository} has no {file} to fetch: {_reason(error)}"
        else:
            sentence = (
                f"{repository} is not in the cache of huggingface_hub, and "
                f"{hub.constants.ENDPOINT} does not answer; connect, or name a file"
            )
        raise BadWeights(sentence) from error
    return Path(path)


def push(weights: Path, repository: str, *, private: bool = False) -> str:
    """Upload weights, model card and recipe as one commit; returns its address."""
    hub = _hub(f"pushing {repository}")
    card = weights.parent / CARD
    if weights.name != WEIGHTS or not card.is_file():
        raise BadArgument(
            f"{weights} has no {CARD} next to it, which states training data and terms of "
            "the weights; push a run or one of its checkpoints"
        )
    files: dict[str, Any] = {
        WEIGHTS: weights,
        README: (ABOUT + card.read_text("utf-8")).encode(),
        RECIPE: weights.parent / RECIPE,
    }
    _checked(repository)
    if not _answers(hub.constants.ENDPOINT):
        raise BadOutput(
            f"{repository} was not pushed: {hub.constants.ENDPOINT} does not answer; connect, "
            "and push again"
        )
    api = hub.HfApi()
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        commit = api.create_commit(
            repository,
            [hub.CommitOperationAdd(name, content) for name, content in files.items()],
            commit_message=f"Add {weights.parent.name}",
        )
    except hub.errors.HfHubHTTPError as error:
        raise BadOutput(
            f"{repository} was not pushed: {_reason(error)}; log in by: hf auth login"
        ) from error
    return str(commit.commit_url)


def _hub(what: str) -> Any:
    hub = require("huggingface_hub", what)
    require("huggingface_hub.constants", what)
    require("huggingface_hub.errors", what)
    return hub


def _checked(repository: str) -> str:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise BadArgument(f"'{repository}' names no repository of the hub; write org/name")
    return repository


def _answers(endpoint: str) -> bool:
    """Whether the hub can be reached at all."""
    try:
        request = urllib.request.Request(endpoint, method="HEAD")
        with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN):
            return True
    except urllib.error.HTTPError:  # an error answer shows that it is reachable
        return True
    except OSError:
        return False


def _reason(error: Any) -> str:
    """The hub's message on one line."""
    return " ".join(str(error).split())[:200].rstrip(".")

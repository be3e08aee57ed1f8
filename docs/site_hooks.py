"""What the site adds: every decision in its navigation, and links to files of the repository.

On the public host `../src/x.py` is a file. On the site it becomes a link to `repo_url` where the
owner has set one in mkdocs.yml, and else its text alone. Used by mkdocs; see `hooks` there.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)\s]*)\)")
HOME = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}
"""Files outside of the pages that the site has a page for."""


def on_config(config: Any) -> Any:
    """The navigation with every decision."""
    decisions = sorted(Path(config.docs_dir, "decisions").glob("*.md"))
    pages = [path.relative_to(config.docs_dir).as_posix() for path in decisions]
    (code,) = (section["Code"] for section in config.nav if "Code" in section)
    code.append({"Decisions": pages})
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The page with such links replaced; links between pages stay."""
    folder = posixpath.dirname(f"docs/{page.file.src_uri}")

    def replaced(found: re.Match[str]) -> str:
        text, link = found.groups()
        place = posixpath.normpath(posixpath.join(folder, link))
        if place.startswith("docs/"):
            return found[0]
        if place in HOME:
            up = posixpath.relpath(HOME[place], posixpath.dirname(page.file.src_uri) or ".")
            return f"[{text}]({up})"
        if config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{place})"
        return text

    return LINK.sub(replaced, markdown)

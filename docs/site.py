"""What the site adds to this folder: pages and files from elsewhere in the repository, and an index of every module.

In the repository, pages link to each other by path, so that they work on GitHub and on disk. The site has one folder
for all pages, so each such link is turned to where its target stands there.
"""

import ast
import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
ELSEWHERE = {  # path in the repository: path in the site
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "bot/web/api/openapi.json": "openapi.json",
    "models/musicnn.md": "musicnn.md",
    "models/prior.md": "prior.md",
    "sandbox/page/static/crate.svg": "crate.svg",
}
CODE = ("bot", "training", "sandbox")
LAYERS = ("bot/core", "bot/flows", "bot/chat", "bot/messages", "bot/adapters/store")
ROOMS = ("sorting", "library", "account", "feed", "social")
MIGRATIONS = ROOT / "bot" / "adapters" / "store" / "migrations" / "versions"
LINK = re.compile(r"(?<=\]\()[^)\s]+")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files from elsewhere."""
    for path, name in ELSEWHERE.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    files.append(File.generated(config, "modules.md", content=modules()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the page's links from the repository's folders to the site's."""
    source = _in_repository(page.file.src_uri)
    return LINK.sub(lambda link: in_site(link[0], posixpath.dirname(source)), markdown)


def in_site(link: str, folder: str) -> str:
    """Return where `link`, on a page in the repository's `folder`, leads in the site; unchanged if it leaves both."""
    parts = urlsplit(link)
    if parts.scheme or not parts.path:
        return link
    path = posixpath.normpath(posixpath.join(folder, parts.path))
    target = ELSEWHERE.get(path, path.removeprefix("docs/"))
    return parts._replace(path=target).geturl()


def modules() -> str:
    """Return a page that lists every module, with the first line of its docstring, and counts them by room."""
    packages = sorted({path.parent for top in CODE for path in (ROOT / top).rglob("*.py")} - {MIGRATIONS})
    sections = (_package(package) for package in packages)
    return "\n".join(
        ["# Modules", "", "How many each room of each layer has:", "", *_rooms(), "", *filter(None, sections)]
    )


def _rooms() -> list[str]:
    head = [f"| room | {' | '.join(LAYERS)} |", f"|---|{'---|' * len(LAYERS)}"]
    return head + [f"| {room} | {' | '.join(str(_size(layer, room)) for layer in LAYERS)} |" for room in ROOMS]


def _size(layer: str, room: str) -> int:
    """Return how many modules a room has in a layer, as a package or as a single module."""
    folder = ROOT / layer
    return len([*folder.glob(f"{room}.py"), *folder.glob(f"{room}/**/[!_]*.py")])


def _package(folder: Path) -> str:
    rows = [f"| `{path.name}` | {_first_line(path)} |" for path in sorted(folder.glob("*.py")) if path.stem[0] != "_"]
    head = f"\n## {folder.relative_to(ROOT)}\n\n| module | what it's for |\n|---|---|\n"
    return head + "\n".join(rows) + "\n" if rows else ""


def _first_line(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    return said.partition("\n")[0].replace("|", "\\|").replace("<", "&lt;")


def _in_repository(name: str) -> str:
    return next((path for path, there in ELSEWHERE.items() if there == name), f"docs/{name}")

"""Builds the site, into ``.gate/site``, with Sphinx.

The pages are Markdown that reads well in the repository; the site is made from copies of them. The
lists of links in docs/README.md are its navigation.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from development.docs.pages import DOCS, ROOT, catalogue

SITE = ROOT / ".gate" / "site"
_PAGES = ("*.md", "docs/**/*.md", "examples/README.md", "examples/*/README.md", "pipelines/**/*.md")
_HOME = """\
<!doctype html>
<meta charset="utf-8">
<title>athena-gate</title>
<meta http-equiv="refresh" content="0; url=docs/README.html">
<a href="docs/README.html">athena-gate</a>
"""


class NoSite(Exception):
    """The site cannot be built; the message says why."""


def build(site: Path = SITE) -> None:
    """Build the site into ``site``, anew. Raises ``NoSite``, also for a link that leads nowhere."""
    source = site.with_name(f"{site.name}-source")
    for folder in (source, site):
        shutil.rmtree(folder, ignore_errors=True)
    _copy(source)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-j", "2"]
    command += ["-b", "html", "-c", str(Path(__file__).parent), "-D", f"release={_version()}"]
    command += ["-d", str(source.with_name(f"{source.name}-read"))]
    done = subprocess.run(
        [*command, str(source), str(site)], capture_output=True, text=True, check=False
    )
    shutil.rmtree(source.with_name(f"{source.name}-read"), ignore_errors=True)
    if done.returncode:
        raise NoSite(done.stderr.replace(f"{source}/", ""))
    shutil.rmtree(source)
    (site / "index.html").write_text(_HOME)


def _version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def _copy(source: Path) -> None:
    """Copy the pages into ``source``, with the navigation."""
    for pattern in _PAGES:
        for page in ROOT.glob(pattern):
            copy = source / page.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, copy)
    start = source / "docs" / "README.md"
    start.write_text(start.read_text() + "".join(_navigation(start.read_text(), source)))
    made = catalogue()
    listed = _toctree("", sorted(made.keys() - {"README"}))
    for name, text in made.items():
        more = listed if name == "README" else ""
        (source / "docs" / "vendors" / f"{name}.md").write_text(text + more)


def _navigation(text: str, source: Path) -> Iterator[str]:
    """Return a table of contents for each list of links under a heading of ``text``."""
    listed = set()
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        names = re.findall(r"^- \[[^]]*\]\(([^)#:]+)\.md\)", rest, re.MULTILINE)
        listed |= {(DOCS / name).resolve().relative_to(ROOT).as_posix() for name in names}
        yield _toctree(title, names)
    every = {
        file.relative_to(source).with_suffix("").as_posix() for file in source.rglob("*.md")
    } - {"docs/README"}
    left = {name for name in every - listed if not name.startswith("docs/vendors/")}
    if left:
        raise NoSite(f"docs/README.md lists no {', '.join(sorted(left))}")


def _toctree(title: str, names: list[str]) -> str:
    caption = f":caption: {title}\n" if title else ""
    return "\n```{toctree}\n:hidden:\n" + caption + "\n" + "\n".join(names) + "\n```\n"

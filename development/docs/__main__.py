"""`make docs`: renew what comes from the code, and build the site."""

import sys

from development.docs.pages import ROOT, outdated
from development.docs.site import SITE, NoSite, build


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when a file is not up to date (with ``--check``) or the site has a mistake."""
    stale = outdated()
    shown = [str(file.relative_to(ROOT)) for file in sorted(stale)]
    if arguments == ["--check"]:
        for name in shown:
            print(f"{name} is not what the code makes of it; run: make docs", file=sys.stderr)
        return 1 if stale else 0
    for file, text in stale.items():
        file.write_text(text)
    try:
        build()
    except NoSite as error:
        print(error, file=sys.stderr)
        return 1
    changed = f", renewed: {', '.join(shown)}" if shown else ""
    print(f"{(SITE / 'index.html').relative_to(ROOT)}{changed}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

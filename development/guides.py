"""Takes the policies out of the vendors' pages: ``python -m development.guides FOLDER``.

FOLDER holds the pages as Markdown or text. Every JSON policy found in one is written to
tests/guides/PAGE-NUMBER.json as it stands there, for a test to compare ``guide.py`` with: that
data and this extraction have nothing in common but the page.
"""

import json
import sys
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent.parent / "tests" / "guides"


def policies(page: str) -> list[dict[Any, Any]]:
    """Return every JSON object in ``page`` that has a Statement."""
    found = []
    decoder = json.JSONDecoder()
    place = 0
    while (place := page.find("{", place)) != -1:
        try:
            value, place = decoder.raw_decode(page, place)
        except ValueError:
            place += 1
            continue
        if isinstance(value, dict) and "Statement" in value:
            found.append(value)
    return found


def main() -> int:
    """Write the fixtures; return 2 without a folder."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("usage: python -m development.guides FOLDER", file=sys.stderr)
        return 2
    FIXTURES.mkdir(exist_ok=True)
    for page in sorted(Path(sys.argv[1]).glob("*.md")):
        for number, policy in enumerate(policies(page.read_text()), start=1):
            file = FIXTURES / f"{page.stem}-{number}.json"
            file.write_text(json.dumps(policy, indent=2) + "\n")
            print(file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m development.release FOLDER [TAG]``: write a release into FOLDER."""

import subprocess
import sys
from pathlib import Path

from development.release import (
    NotReproducible,
    bill_of_materials,
    checksums,
    notes,
    version,
    wheel,
)


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when the release is not what it should be."""
    folder = Path(arguments[0]).absolute()
    if arguments[1:] and arguments[1] != f"v{version()}":
        print(f"the tag is {arguments[1]}, pyproject.toml says {version()}", file=sys.stderr)
        return 1
    try:
        if arguments[1:]:
            about = notes()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dist").mkdir(exist_ok=True)
        files = [wheel(folder / "dist"), bill_of_materials(folder)]
    except (NotReproducible, LookupError) as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return 1
    (folder / "SHA256SUMS").write_text(checksums(files))
    if arguments[1:]:
        (folder / "notes.md").write_text(about)
    print((folder / "SHA256SUMS").read_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

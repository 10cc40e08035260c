"""A file of somebody else's is written whole or not at all."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from athena_gate.gate.editing import write


def test_a_link_stays_one_and_so_do_the_rights(tmp_path: Path) -> None:
    file, link = tmp_path / "real.hcl", tmp_path / "gate.hcl"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    write(link, b"new")
    assert (link.is_symlink(), file.read_text(), file.stat().st_mode & 0o777) == (
        True,
        "new",
        0o640,
    )


@pytest.mark.skipif(getattr(os, "geteuid", int)() != 0, reason="only root gives a file away")
def test_root_leaves_the_file_to_its_owner(tmp_path: Path) -> None:
    """In a container, say, that has the repository of whoever started it."""
    file = tmp_path / "gate.hcl"
    file.write_text("old")
    os.chown(file, 65534, 65533)
    write(file, b"new")
    assert (file.read_text(), file.stat().st_uid, file.stat().st_gid) == ("new", 65534, 65533)


def test_on_a_full_disk_it_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "gate.hcl"
    file.write_text("old")

    def full(*_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write(file, b"new")
    assert caught.value.filename == os.fspath(file)
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"gate.hcl": "old"}

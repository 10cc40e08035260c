"""A PGP key is examined before anything is made with it."""

import json
from pathlib import Path

from tests.conftest import ROOT
from tests.gate.test_cli import gate

KEYS = ROOT / "tests" / "modules" / "pgp_keys"
GOOD = "A4B1150E0B4F28B702139080535C0A4C4A2A0E6F"


def test_a_key_that_encrypts_is_shown(tmp_path: Path) -> None:
    (tmp_path / "ops.asc").write_bytes((KEYS / "good.asc").read_bytes())
    shown = json.loads(gate(tmp_path, "key", "check", "ops.asc", "--json").stdout)
    assert shown == {
        "file": "ops.asc",
        "fingerprint": GOOD,
        "user": "good@example.com",
        "encrypts": shown["encrypts"],
        "algorithm": "ECDH",
        "expires": None,
    }
    done = gate(tmp_path, "key", "check", "ops.asc")
    assert (done.returncode, done.stdout) == (
        0,
        "✓ ops.asc: secrets can be encrypted to it\n"
        f"  key          {GOOD}\n"
        "  of           good@example.com\n"
        f"  encrypts     {shown['encrypts']} (ECDH)\n"
        "  expires      never\n",
    )


def test_another_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "two.asc").write_bytes((KEYS / "two-keys.asc").read_bytes())
    done = gate(tmp_path, "key", "check", "two.asc")
    assert done.returncode == 1
    assert done.stdout.startswith("✗ 'two.asc': holds 2 keys (")
    assert done.stdout.endswith('name one: pgp_fingerprint = "..." [GATE224]\n')
    named = gate(tmp_path, "key", "check", "two.asc", "--fingerprint", GOOD.lower(), "--json")
    assert (named.returncode, json.loads(named.stdout)["fingerprint"]) == (0, GOOD)


def test_a_fingerprint_is_whole_and_goes_with_a_file(tmp_path: Path) -> None:
    short = gate(tmp_path, "key", "check", "two.asc", "--fingerprint", "4A2A0E6F")
    assert (short.returncode, short.stderr.startswith("gate: --fingerprint: '4A2A0E6F'")) == (
        2,
        True,
    )
    new = gate(tmp_path, "key", "new", "me", "--fingerprint", GOOD)
    assert (new.returncode, new.stderr) == (
        2,
        "gate: --fingerprint goes with gate key check; a new key has its own\n",
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = gate(tmp_path, "key", "check", "none.asc", "--json")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (2, "GATE208")

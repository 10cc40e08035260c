"""What nobody could decrypt, or Terraform not encrypt, is refused before anything is made."""

import base64
from datetime import date
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from pydantic import ValidationError
from pysequoia.packet import PacketPile

from athena_gate.modules import clock
from athena_gate.modules.athena.settings import Keys, read_key
from athena_gate.modules.findings import Remark, Wrong
from athena_gate.modules.pgp import public_key
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from tests.conftest import Project

KEYS = Path(__file__).parent / "pgp_keys"
GOOD = "A4B1150E0B4F28B702139080535C0A4C4A2A0E6F"
SIGNS = "4F6A2CE9B16BEF74F84133C9914623B1AC2631D6"
PRIVATE = (
    "GATE223: holds a PGP private key, which would be copied into Terraform's JSON; give the "
    "public one: `gpg --armor --export KEY`"
)
INCOMPLETE = (
    "GATE208: is not a complete PGP public key; write it anew with `gpg --armor --export KEY`"
)
NONE = "GATE208: not a PGP public key; write one with `gpg --armor --export KEY`"
# Made with GnuPG 2.2 and Sequoia; their private halves were thrown away.
BAD = {
    "cut-short.asc": INCOMPLETE,
    "expired.asc": "GATE221: the key 77AAF25963BA4B2AC7D8E1A3CC75A71282D1DD5A has expired on "
    "2024-12-31; extend it with `gpg --quick-set-expire "
    "77AAF25963BA4B2AC7D8E1A3CC75A71282D1DD5A 2y`, and export it again",
    "expired-subkey.asc": "GATE221: the part of the key 73D2743D5FFD03EDF1DCDF8042181FB90CABF483 "
    "that encrypts has expired on 2024-12-31; extend it with `gpg --quick-set-expire "
    "73D2743D5FFD03EDF1DCDF8042181FB90CABF483 2y '*'`, and export it again",
    "forged-subkey.asc": "GATE225: nothing can be encrypted to it, its signatures do not hold (No "
    f"suitable encryption subkey for {GOOD}); export it again with `gpg --armor --export KEY`, or "
    "make another with `gate key new`",
    "junk.asc": NONE,
    "no-user-id.asc": f"GATE225: the key {GOOD} has no user id that it has signed itself, without "
    "which it cannot be read; export the whole key with `gpg --armor --export KEY`",
    "private.asc": PRIVATE,
    "public-and-private.asc": PRIVATE,
    "revoked.asc": "GATE222: the key AAB67F61498E2ABB489A0758E42B90D54840B55C is revoked; export "
    "another key with `gpg --armor --export KEY`",
    "revoked-subkey.asc": "GATE222: the part of the key AE82001A6A5B4731E64138A72CFDA2568EF2443D "
    "that encrypts is revoked; `gpg --quick-add-key AE82001A6A5B4731E64138A72CFDA2568EF2443D "
    "default encr` adds one; then export it again",
    "revoked-user-id.asc": "GATE222: every user id of the key "
    "671D6BDE54B22204776B441EF1E701E2C255BEC7 is revoked; export another key",
    "signing-only.asc": f"GATE220: the key {SIGNS} can only sign: no part of it encrypts; `gpg "
    f"--quick-add-key {SIGNS} default encr` adds one; then export it again",
    "two-keys.asc": f"GATE224: holds 2 keys ({GOOD}, {SIGNS}), of which the first alone would be "
    'used; name one: pgp_fingerprint = "..."',
}


def wrong(content: bytes, fingerprint: str | None = None) -> str:
    with pytest.raises(Wrong) as caught:
        public_key(content, fingerprint)
    return f"{caught.value.code}: {caught.value}"


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_key_that_cannot_be_used_is_refused_with_what_to_do(name: str) -> None:
    assert wrong((KEYS / name).read_bytes()) == BAD[name]


def test_every_bad_key_is_tried() -> None:
    assert {file.name for file in KEYS.iterdir()} == {*BAD, "good.asc", "sha1-user-id.asc"}


def test_a_binary_file_is_looked_through_as_well(pgp_key: pysequoia.Tsk) -> None:
    good = read_key(KEYS / "good.asc").data
    assert wrong(good + bytes(pgp_key)) == PRIVATE
    assert wrong(bytes(pgp_key.extract_certificate()) + good).startswith("GATE224: holds 2 keys (")
    assert wrong(good[:-20]) == INCOMPLETE
    assert wrong(b"") == NONE


@pytest.mark.parametrize("of_user", ["id", "signature"])
def test_a_user_id_that_was_changed_has_the_whole_key_refused(
    pgp_key: pysequoia.Tsk, of_user: str
) -> None:
    """The provider gives up on such a key once it has made the access key; Sequoia encrypts."""
    data = bytearray(bytes(pgp_key.extract_certificate()))
    packets = list(PacketPile.from_bytes(bytes(data)))
    at = [str(one.tag) for one in packets].index("Tag.UserID") + (of_user == "signature")
    data[sum(len(bytes(one)) for one in packets[: at + 1]) - 1] ^= 1
    assert "its signatures do not hold (that of the user id " in wrong(bytes(data))


def test_so_has_any_of_several_user_ids(pgp_key: pysequoia.Tsk) -> None:
    other = pgp_key.extract_certificate().add_user_id("other", pgp_key.certifier())
    data = bytes(other)
    packets = list(PacketPile.from_bytes(data))
    users = [at for at, one in enumerate(packets) if str(one.tag) == "Tag.UserID"]
    assert (len(users), public_key(data).user) == (2, "tests")
    for at in users:
        changed = bytearray(data)
        changed[sum(len(bytes(one)) for one in packets[: at + 1]) - 1] ^= 1
        text = f"{packets[at].user_id}"[:-1]
        assert f"its signatures do not hold (that of the user id {text}" in wrong(bytes(changed))


def test_a_user_id_that_was_signed_long_ago_keeps_no_key_from_being_used() -> None:
    """Sequoia believes no SHA-1, the provider does."""
    content = (KEYS / "sha1-user-id.asc").read_bytes()
    assert [str(one) for one in pysequoia.Cert.from_bytes(content).user_ids] == [
        "Test <test@example.org>"
    ]
    assert public_key(content).user == "Older <older@example.org>"


TEXT = (KEYS / "good.asc").read_text()
UTF16 = (
    "GATE208: is UTF-16, as a > of Windows PowerShell writes it; have GnuPG write it: `gpg --armor "
    "--output FILE --export KEY`"
)
BARE = (
    "GATE208: is base64 without the lines around it (-----BEGIN PGP PUBLIC KEY BLOCK-----); write "
    'it with `gpg --armor --export KEY`, or give the base64 itself: pgp_key = "..." in place of '
    "pgp_key_file"
)
CHECKSUM = "; its checksum does not fit: the file was changed or damaged on its way here"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TEXT.encode("utf-16"), UTF16),
        (TEXT.encode("utf-16-le"), UTF16),
        (TEXT.encode("utf-16-be"), UTF16),
        ("".join(TEXT.splitlines()[2:-2]).encode(), BARE),
        ("\n".join(TEXT.splitlines()[2:]).encode(), BARE),
        (TEXT.replace("mDMEawf", "mDMEbwf").encode(), CHECKSUM),
        (TEXT.replace("AP9EzalVm", "AP9EzalXm").encode(), CHECKSUM),
        (TEXT.replace("=7nh9", "").replace("AP9EzalVm", "AP9EzalXm").encode(), "`gate key new`"),
    ],
)
def test_what_has_become_of_a_key_on_its_way_is_told(content: bytes, says: str) -> None:
    assert wrong(content).endswith(says)


@pytest.mark.parametrize("line", ["=7nh9", "=7nh8", "=x", ""])
def test_a_key_that_can_be_used_is_not_refused_for_its_checksum(line: str) -> None:
    assert public_key(TEXT.replace("=7nh9", line).encode()).fingerprint == GOOD


def test_base64_of_a_private_key_is_one(pgp_key: pysequoia.Tsk) -> None:
    assert wrong(base64.b64encode(bytes(pgp_key))) == PRIVATE


def test_a_key_that_is_there_twice_is_told_as_such() -> None:
    twice = f"GATE224: holds the key {GOOD} more than once, of which the first alone would be used"
    content = (TEXT + TEXT).encode()
    assert wrong(content) == f"{twice}; keep one of them"
    assert public_key(content, GOOD).fingerprint == GOOD
    other = (KEYS / "forged-subkey.asc").read_bytes()
    assert wrong(content + other, GOOD) == (
        f"GATE224: holds the key {GOOD} more than once, and not the same, of which the first alone "
        "would be used; keep one of them"
    )
    assert f"holds 2 keys ({GOOD}, {SIGNS})" in wrong(
        TEXT.encode() + (KEYS / "two-keys.asc").read_bytes()
    )


def test_of_several_keys_the_one_that_is_named_is_used_alone() -> None:
    content = (KEYS / "two-keys.asc").read_bytes()
    found = public_key(content, GOOD)
    assert (found.fingerprint, found.user, found.algorithm) == (GOOD, "good@example.com", "ECDH")
    assert public_key(found.data) == found
    assert wrong(content, SIGNS).startswith(f"GATE220: the key {SIGNS} can only sign")
    assert wrong(content, "0" * 40) == (
        f"GATE224: holds no key {'0' * 40}; allowed: {GOOD}, {SIGNS}"
    )


def test_one_key_is_handed_on_as_it_came(pgp_key: pysequoia.Tsk) -> None:
    public = bytes(pgp_key.extract_certificate())
    assert public_key(public).data == public
    # GnuPG writes lengths in another way than Sequoia.
    body = (KEYS / "good.asc").read_text().split("\n\n")[1].split("\n=")[0]
    assert read_key(KEYS / "good.asc").data == base64.b64decode(body)


def test_a_key_is_named_by_its_whole_fingerprint() -> None:
    spaced = " ".join(GOOD[i : i + 4].lower() for i in range(0, 40, 4))
    keys = Keys(pgp_fingerprint=spaced, pgp_key_file=str(KEYS / "two-keys.asc"), generations=("a",))
    assert public_key(base64.b64decode(keys.public_key)).fingerprint == GOOD
    with pytest.raises(ValidationError) as caught:
        Keys(pgp_fingerprint="4A2A0E6F", pgp_key_file="none.asc", generations=("a",))
    (found,) = caught.value.errors()
    assert (found["loc"], str(found["ctx"]["error"])) == (
        ("pgp_fingerprint",),
        "'4A2A0E6F' is not valid; allowed: a whole fingerprint, 40 or 64 hexadecimal digits, as "
        "`gpg --list-keys` prints it",
    )


@pytest.fixture(scope="module")
def ends_in_march() -> Any:
    key = pysequoia.Tsk.generate(user_id="ops", profile=pysequoia.Profile.RFC4880)
    from datetime import UTC, datetime

    public = key.extract_certificate()
    return public.set_expiration(datetime(2027, 3, 31, 12, tzinfo=UTC), key.certifier())


@pytest.mark.parametrize(("day", "said"), [((2027, 1, 29), False), ((2027, 1, 30), True)])
def test_sixty_days_before_a_key_expires_it_is_said(
    ends_in_march: Any, day: tuple[int, int, int], said: bool
) -> None:
    given = base64.b64encode(bytes(ends_in_march)).decode()
    with clock.at(date(*day)):
        keys = Keys(pgp_key=given, generations=("a",))
        remark = Remark(
            "GATE630",
            "keys",
            "the PGP key expires on 2027-03-31, and no access key can be made with it from then "
            "on; extend it and export it again: keys that are there stay as they are",
        )
        assert keys.remarks() == ((remark,) if said else ())
    with clock.at(date(2027, 4, 1)), pytest.raises(ValidationError) as caught:
        Keys(pgp_key=given, generations=("a",))
    assert "has expired on 2027-03-31" in str(caught.value)


def test_a_key_that_has_expired_since_could_be_encrypted_to_before() -> None:
    content = (KEYS / "expired-subkey.asc").read_bytes()
    with clock.at(date(2024, 6, 1)):
        assert str(public_key(content).expires) == "2024-12-31 00:00:00+00:00"


@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        (
            "2026-11",
            "generation 2026-11 is 91 days old or more by its name, and max_age_days is 90",
        ),
        (
            "2026-11-30",
            "generation 2026-11-30 is 91 days old or more by its name, and max_age_days is 90",
        ),
        ("2026-12-b", None),
        ("2026-13", None),
        ("ours", None),
    ],
)
def test_a_generation_that_is_called_after_its_month_is_too_old_by_it(
    generation: str, expected: str | None
) -> None:
    with clock.at(date(2027, 3, 1)):
        keys = Keys(pgp_key_file=str(KEYS / "good.asc"), generations=(generation,), max_age_days=90)
        remark = Remark("GATE631", "keys", f"{expected}; gate rotate begins a rotation")
        assert keys.remarks() == ((remark,) if expected else ())


def test_a_bad_key_is_a_mistake_of_gate_hcl(project: Project) -> None:
    """Whatever reads gate.hcl stops there: check, synth, plan."""
    found = {}
    for name in BAD:
        (project.folder / "keys" / "ops.asc").write_bytes((KEYS / name).read_bytes())
        with pytest.raises(ConfigurationError) as caught:
            load(project.file)
        (mistake,) = caught.value.mistakes
        found[name] = (mistake.line, mistake.field, f"{mistake.code}: {mistake.problem}")
    place = f"{str(project.folder / 'keys' / 'ops.asc')!r}: "
    assert found == {
        name: (11, "pgp_key_file", said.replace(": ", f": {place}", 1))
        for name, said in BAD.items()
    }

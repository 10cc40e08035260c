"""PGP public keys: whether an access key's secret can be encrypted to one, and until when.

The AWS provider reads the first key of what it is given and encrypts to the newest of its subkeys
that may encrypt communications; where there is none, it has made the access key already and the
secret is lost. So what it looks at is looked at here before anything is made:
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/vault/helper/pgpkeys/encrypt_decrypt.go
and ReadEntity and EncryptionKey of
https://github.com/ProtonMail/go-crypto/blob/main/openpgp/keys.go (2026-11). The signatures are
verified by Sequoia, which is asked to encrypt to the key; it is imported when a key is read.
"""

import base64
import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from athena_gate.modules import clock
from athena_gate.modules.findings import Wrong

if TYPE_CHECKING:
    from pysequoia.packet import Packet

ARMOR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_SECRET_ARMOR = b"-----BEGIN PGP PRIVATE KEY BLOCK-----"
EXPORT = "`gpg --armor --export KEY`"
_WRITTEN = "`gpg --armor --output FILE --export KEY`"
# What the provider encrypts to: PublicKeyAlgorithm.CanEncrypt in
# https://github.com/ProtonMail/go-crypto/blob/main/openpgp/packet/packet.go (2026-11).
_ENCRYPT = ("RSAEncryptSign", "RSAEncrypt", "ElGamalEncrypt", "ECDH", "X25519", "X448")
# Keys of version 5 are GnuPG's alone, those up to 3 are broken.
_VERSIONS = (4, 6)
_LONGEST = 120
_ANOTHER = f"export it again with {EXPORT}, or make another with `gate key new`"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that can be encrypted to: its ``data`` in binary form, its fingerprint, whose it says
    it is, the fingerprint and algorithm of the part that encrypts, and when that ends, if it
    does."""

    data: bytes
    fingerprint: str
    user: str
    subkey: str
    algorithm: str
    expires: datetime | None

    @property
    def base64(self) -> str:
        """Return the key as Terraform's ``pgp_key`` takes it."""
        return base64.b64encode(self.data).decode()


@dataclass(frozen=True, slots=True)
class _Part:
    """A primary key, a subkey or a user id, with the signatures that follow it."""

    packet: "Packet"
    signatures: tuple["Packet", ...]


def public_key(content: bytes, fingerprint: str | None = None) -> PublicKey:
    """Return the key in ``content``, armoured or binary; of several, the one that ``fingerprint``
    names. Raises ``Wrong`` when the provider could not encrypt to it today."""
    try:
        key = _read(content, fingerprint, clock.now())
        # Sequoia goes by the real time, and would refuse what has expired since ``clock.now()``.
        if key.expires is None or key.expires > datetime.now(UTC):
            _encrypt(key.data)
    except RuntimeError as error:
        # Of what it does not know, such as an algorithm, Sequoia says no more.
        problem = f"cannot be read ({_first_line(error)}); {_ANOTHER}"
        raise Wrong("GATE225", problem + _damage(content)) from None
    except Wrong as error:
        if error.code == "GATE223":
            raise
        code = error.code
        raise Wrong(code, f"{error}{_damage(content)}") from None
    return key


def _read(content: bytes, fingerprint: str | None, now: datetime) -> PublicKey:
    keys = _keys(content)
    parts = _chosen(keys, fingerprint)
    primary = parts[0]
    name = _name(primary)
    if len(keys) == 1:
        # As it came: to Terraform another spelling would be another key.
        (data,) = _blocks(content)
    else:
        data = _bytes(parts)
    _readable(parts, name)
    if _kind(primary, "KeyRevocation"):
        raise Wrong("GATE222", f"{name} is revoked; export another key with {EXPORT}")
    users = [part for part in parts if str(part.packet.tag) == "Tag.UserID"]
    if users and all(_kind(user, "CertificationRevocation") for user in users):
        raise Wrong("GATE222", f"every user id of {name} is revoked; export another key")
    signed = [
        (user, newest)
        for user in users
        if not _kind(user, "CertificationRevocation")
        and (newest := _newest(_certifications(user, primary)))
    ]
    if not signed:
        raise Wrong(
            "GATE225",
            f"{name} has no user id that it has signed itself, without which it cannot be read; "
            f"export the whole key with {EXPORT}",
        )
    # As the provider chooses: one marked as primary, else the latest.
    user, own = max(signed, key=lambda one: (bool(one[1].primary_userid), _created(one[1])))
    ends = _ends(primary.packet, own)
    _alive(ends, now, primary)
    candidates = _candidates(parts, own)
    if not candidates:
        raise Wrong("GATE220", f"{name} can only sign: no part of it encrypts; {_subkey(primary)}")
    kept = [one for one in candidates if not _kind(one[0], "SubkeyRevocation")]
    if not kept:
        raise Wrong("GATE222", f"the part of {name} that encrypts is revoked; {_subkey(primary)}")
    alive = [one for one in kept if (end := _ends(one[0].packet, one[1])) is None or end > now]
    if not alive:
        _alive(
            max(filter(None, (_ends(p.packet, s) for p, s in kept))), now, primary, "the part of "
        )
    subkey, _ = max(alive, key=lambda one: _created(one[1]))
    later = [_ends(part.packet, binding) for part, binding in alive]
    latest = None if None in later else max(filter(None, later))
    return PublicKey(
        data,
        _print(primary),
        (user.packet.user_id or "")[:_LONGEST],
        _print(subkey),
        _algorithm(subkey.packet),
        min((end for end in (ends, latest) if end is not None), default=None),
    )


def _keys(content: bytes) -> list[list[_Part]]:
    """Return the parts of each key in ``content``."""
    if _SECRET_ARMOR in content:
        raise _secret()
    from pysequoia.packet import PacketPile

    try:
        packets = [packet for block in _blocks(content) for packet in PacketPile.from_bytes(block)]
        tags = [str(packet.tag).removeprefix("Tag.") for packet in packets]
    except Exception:
        raise _no_key(content) from None
    if any(tag.startswith("Secret") for tag in tags):
        raise _secret()
    if not tags or tags[0] != "PublicKey":
        raise _no_key(content)
    return [list(_parts(key)) for key in _each(packets)]


def _secret() -> Wrong:
    return Wrong(
        "GATE223",
        "holds a PGP private key, which would be copied into Terraform's JSON; give the public "
        f"one: {EXPORT}",
    )


def _blocks(content: bytes) -> list[bytes]:
    """Return what is in each armoured block of ``content``, of which a reader would take the first
    alone; what is not armoured as it is.

    Armor: https://www.rfc-editor.org/rfc/rfc9580#section-6 (2024-07).
    """
    first, *armoured = content.split(ARMOR)
    return [_unarmoured(block) for block in armoured] or [first]


def _unarmoured(block: bytes) -> bytes:
    lines = [line for line in _lines(block) if not line.startswith(b"=")]
    return base64.b64decode(b"".join(lines), validate=True)


def _lines(block: bytes) -> list[bytes]:
    """Return the lines of an armoured ``block``, without its headers."""
    body = block.split(b"-----END", 1)[0].replace(b"\r\n", b"\n")
    _headers, _, data = body.lstrip(b"\n ").rpartition(b"\n\n")
    return (data or body).split()


def _damage(content: bytes) -> str:
    """Return that ``content`` was changed on its way, where the checksum of its armor says so.

    A key that can be used is not refused for it, as
    https://www.rfc-editor.org/rfc/rfc9580#section-6.1 (2024-07) demands.
    """
    for block in content.split(ARMOR)[1:]:
        checksums = [line[1:] for line in _lines(block) if line.startswith(b"=")]
        try:
            data, sums = _unarmoured(block), [base64.b64decode(one) for one in checksums]
        except ValueError:
            continue
        if any(one != _crc24(data) for one in sums):
            return "; its checksum does not fit: the file was changed or damaged on its way here"
    return ""


def _crc24(data: bytes) -> bytes:
    """Return the checksum of ``data``: https://www.rfc-editor.org/rfc/rfc9580#section-6.1.1"""
    found = 0xB704CE
    for byte in data:
        found ^= byte << 16
        for _ in range(8):
            found = found << 1 ^ (0x1864CFB if found & 0x800000 else 0)
    return found.to_bytes(3)


def _no_key(content: bytes) -> Wrong:
    text = content.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
    if text[1:10:2] == bytes(5) or text[:10:2] == bytes(5):
        return Wrong(
            "GATE208",
            f"is UTF-16, as a > of Windows PowerShell writes it; have GnuPG write it: {_WRITTEN}",
        )
    if ARMOR not in content and (found := _bare(content)):
        if found == "SecretKey":
            return _secret()
        return Wrong(
            "GATE208",
            f"is base64 without the lines around it ({ARMOR.decode()}); write it "
            f'with {EXPORT}, or give the base64 itself: pgp_key = "..." in place of pgp_key_file',
        )
    if ARMOR in content or content[:1] > b"\x7f":
        return Wrong("GATE208", f"is not a complete PGP public key; write it anew with {EXPORT}")
    return Wrong("GATE208", f"not a PGP public key; write one with {EXPORT}")


def _bare(content: bytes) -> str:
    """Return of what kind the first packet of ``content`` is, when it is base64 of PGP packets."""
    from pysequoia.packet import PacketPile

    lines = [line for line in _lines(content) if not line.startswith(b"=")]
    try:
        packets = list(PacketPile.from_bytes(base64.b64decode(b"".join(lines), validate=True)))
        return str(packets[0].tag).removeprefix("Tag.") if len(packets) > 1 else ""
    except Exception:
        return ""


def _each(packets: Sequence["Packet"]) -> Iterator[list["Packet"]]:
    found: list[Packet] = []
    for packet in packets:
        if str(packet.tag) == "Tag.PublicKey" and found:
            yield found
            found = []
        found.append(packet)
    yield found


def _parts(packets: Sequence["Packet"]) -> Iterator[_Part]:
    found: list[Packet] = []
    for packet in packets:
        if str(packet.tag) != "Tag.Signature" and found:
            yield _Part(found[0], tuple(found[1:]))
            found = []
        found.append(packet)
    yield _Part(found[0], tuple(found[1:]))


def _chosen(keys: list[list[_Part]], fingerprint: str | None) -> list[_Part]:
    prints = [_print(key[0]) for key in keys]
    different = [*dict.fromkeys(prints)]
    if fingerprint is None and len(different) > 1:
        raise Wrong(
            "GATE224",
            f"holds {len(different)} keys ({_few(different)}), of which the first alone would be "
            'used; name one: pgp_fingerprint = "..."',
        )
    wanted = fingerprint or prints[0]
    found = [key for key, one in zip(keys, prints, strict=True) if one == wanted]
    if not found:
        raise Wrong("GATE224", f"holds no key {fingerprint}; allowed: {_few(different)}")
    differ = any(_bytes(key) != _bytes(found[0]) for key in found)
    if differ or (fingerprint is None and len(found) > 1):
        raise Wrong(
            "GATE224",
            f"holds the key {wanted} more than once{', and not the same' if differ else ''}, of "
            "which the first alone would be used; keep one of them",
        )
    return found[0]


def _bytes(parts: Sequence[_Part]) -> bytes:
    return b"".join(bytes(p) for part in parts for p in (part.packet, *part.signatures))


def _few(prints: Sequence[str]) -> str:
    shown = ", ".join(prints[:5])
    return f"{shown} and {len(prints) - 5} more" if len(prints) > 5 else shown


def _readable(parts: Sequence[_Part], name: str) -> None:
    """Raise ``Wrong`` for what makes the provider give up on the key as a whole."""
    for part in parts:
        tag = str(part.packet.tag)
        version = part.packet.body[0] if part.packet.body else 0
        if tag in ("Tag.PublicKey", "Tag.PublicSubkey") and version not in _VERSIONS:
            raise Wrong(
                "GATE225",
                f"{name} is of version {version}, which the AWS provider cannot read; make one "
                "with `gate key new`",
            )
        if tag == "Tag.PublicSubkey" and not _kind(part, "SubkeyBinding"):
            raise Wrong("GATE225", f"{name} has a subkey without a signature; export it again")


def _candidates(parts: Sequence[_Part], own: "Packet") -> list[tuple[_Part, "Packet"]]:
    """Return the parts that encrypt communications, each with the signature that says so; without
    any the primary key, where ``own`` does not forbid it."""
    found = []
    for part in parts:
        if str(part.packet.tag) != "Tag.PublicSubkey":
            continue
        binding = _newest(_kind(part, "SubkeyBinding"))
        flags = binding.key_flags if binding else None
        if binding and flags and flags.transport_encryption and _encrypts(part.packet):
            found.append((part, binding))
    flags = own.key_flags
    allowed = flags is None or flags.transport_encryption
    return found or ([(parts[0], own)] if allowed and _encrypts(parts[0].packet) else [])


def _encrypts(packet: "Packet") -> bool:
    return _algorithm(packet) in _ENCRYPT


def _algorithm(packet: "Packet") -> str:
    return str(packet.key_algorithm).removeprefix("PublicKeyAlgorithm.")


def _kind(part: _Part, kind: str) -> list["Packet"]:
    return [s for s in part.signatures if str(s.signature_type) == f"SignatureType.{kind}"]


def _certifications(user: _Part, primary: _Part) -> list["Packet"]:
    """Return the signatures that the key has made on its own user id."""
    of_it = (primary.packet.key_id, primary.packet.fingerprint)
    return [
        s
        for s in user.signatures
        if str(s.signature_type).endswith("Certification")
        and (s.issuer_key_id in of_it or s.issuer_fingerprint in of_it)
    ]


def _newest(signatures: Sequence["Packet"]) -> "Packet | None":
    return max(signatures, key=_created, default=None)


def _created(signature: "Packet") -> datetime:
    return signature.signature_created or datetime(1970, 1, 1, tzinfo=UTC)


def _ends(key: "Packet", signature: "Packet") -> datetime | None:
    """Return when ``key`` expires by ``signature``, or the signature itself does."""
    period, ends = signature.key_validity_period, [signature.signature_expiration_time]
    if period and key.key_created and period > timedelta(0):
        ends.append(key.key_created + period)
    return min((end for end in ends if end is not None), default=None)


def _alive(ends: datetime | None, now: datetime, primary: _Part, what: str = "") -> None:
    if ends is not None and ends <= now:
        of_it = "that encrypts " if what else ""
        extend = f"gpg --quick-set-expire {_print(primary)} 2y" + (" '*'" if what else "")
        raise Wrong(
            "GATE221",
            f"{what}{_name(primary)} {of_it}has expired on {ends.date()}; extend it with "
            f"`{extend}`, and export it again",
        )


def _subkey(primary: _Part) -> str:
    return f"`gpg --quick-add-key {_print(primary)} default encr` adds one; then export it again"


def _name(primary: _Part) -> str:
    return f"the key {_print(primary)}"


def _print(part: _Part) -> str:
    return (part.packet.fingerprint or "KEY").upper()


@lru_cache(maxsize=256)
def _encrypt(data: bytes) -> None:
    """Raise ``Wrong`` unless Sequoia, which verifies signatures, encrypts to the key and has each
    of its user ids: one that was changed has the provider give up on the whole key."""
    from pysequoia import Cert, encrypt
    from pysequoia.packet import PacketPile

    try:
        cert = Cert.from_bytes(data)
        encrypt(recipients=[cert], bytes=b"")
        held = {str(one) for one in cert.user_ids}
        primary, *parts = _parts(list(PacketPile.from_bytes(data)))
        for part in parts:
            user = part.packet.user_id
            if user and user not in held and _is_judged(part, primary):
                raise ValueError(f"that of the user id {user[:_LONGEST]}")
    except Exception as error:
        said = f"its signatures do not hold ({_first_line(error)})"
        raise Wrong("GATE225", f"nothing can be encrypted to it, {said}; {_ANOTHER}") from None


def _is_judged(user: _Part, primary: _Part) -> bool:
    """Return whether Sequoia would name the user id ``user`` if its signature held: it leaves out
    those that are revoked, have ended or are signed with SHA-1, which the provider takes."""
    own = _newest(_certifications(user, primary))
    if own is None or _kind(user, "CertificationRevocation"):
        return False
    ends = own.signature_expiration_time
    old = str(own.hash_algorithm) == "HashAlgorithm.SHA1"
    return not old and (ends is None or ends > datetime.now(UTC))


def _first_line(error: Exception) -> str:
    # The rest is where in Sequoia it happened.
    return (str(error).splitlines() or [""])[0][:_LONGEST]

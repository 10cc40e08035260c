"""A block of a vendor's, to paste into gate.hcl."""

from typing import Any

from athena_gate.modules.access import guide, policies
from athena_gate.modules.account import Account
from athena_gate.modules.athena.settings import Keys, Source

_ACCOUNT = "111122223333"


def granted(kind: str, block: Any) -> tuple[list[str], dict[str, str]]:
    """Return what the block of ``example`` may do, a sentence for each statement, and what the
    placeholders of its profile stand for there."""
    settings = block.model_construct(
        name="analytics",
        account=Account(name="analytics", id=_ACCOUNT, region="eu-central-1"),
        databases=("sales",) if block.profile.cls != "tables" else (),
        sources=(Source(bucket="acme-lake", prefixes=("sales/",)),)
        if block.profile.reads_files and block.profile.cls != "tables"
        else (),
        bucket=f"acme-{kind.replace('_', '-')}",
        schema=kind,
        # Whoever it is may do the same.
        keys=Keys.model_construct(generations=()),
    )
    known = {name: ", ".join(value) for name, value in guide.values(settings).items()}
    return [one.why for one in policies.access(settings).statements], known


def example(kind: str, block: Any, name: str = "analytics", way: str = "", more: str = "") -> str:
    """Return a block that `gate check` takes: ``block`` is the settings' class, ``way`` the way in
    (by default the first that the vendor offers), ``more`` further lines."""
    profile = block.profile
    chosen = way or next(iter(profile.ways))
    lines = [f'{kind} "{name}" {{', '  account = "analytics"']
    if profile.cls == "tables":
        lines += [f'  bucket  = "acme-{kind.replace("_", "-")}"', f'  schema  = "{kind}"']
    else:
        lines[1] = '  account   = "analytics"'
        lines += ['  databases = ["sales"]']
        if profile.reads_files:
            lines += ["", '  source "acme-lake" {', '    prefixes = ["sales/"]', "  }"]
    lines += [f"  {line}".rstrip() for line in more.splitlines()]
    return "\n".join([*lines, "", *_way(chosen, profile), "}"])


def _way(way: str, profile: Any) -> list[str]:
    offered = getattr(profile, way)
    match way:
        case "keys":
            fields = ['pgp_key_file = "keys/example.asc"', 'generations  = ["2026-11"]']
        case "assumed_by":
            if offered.existing:
                return [f"  {way} {{", '    role_name = "the-role-it-takes"', "  }"]
            fields = [] if offered.principals else ['principals  = ["999988887777"]']
            fields += ['external_id = "what-the-vendor-gives-you"']
        case "web_identity":
            google = offered.issuer == "accounts.google.com"
            fields = [] if offered.subject else ['subject = "123456789012345678901"']
            fields += [f'{"organization_identifier" if google else "audience"} = "your-org"']
        case "runs_on":
            fields = [f'on = "{offered.on[0]}"']
            if offered.on[0] == "eks":
                fields += [
                    f'provider = "arn:aws:iam::{_ACCOUNT}:oidc-provider/oidc.eks.eu-central-1'
                    '.amazonaws.com/id/EXAMPLE"',
                    'namespace = "tools"',
                    f'service_account = "{profile.title.lower().replace(" ", "-")}"',
                ]
        case "service":
            return ["  service {}"]
        case _:
            fields = [f'principals = ["arn:aws:iam::{_ACCOUNT}:role/analyst"]']
    return [f"  {way} {{", *(f"    {field}" for field in fields), "  }"]

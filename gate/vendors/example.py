"""A block of a vendor's, to paste into gate.hcl."""

from typing import Any

_ACCOUNT = "111122223333"


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

"""The stacks that are tortured: each kind of resource, with keys and without, in one account and in
two."""

import re
from dataclasses import dataclass

ACCOUNT = "111122223333"
_HEAD = f"""\
account "analytics" {{
  id     = "{ACCOUNT}"
  region = "eu-central-1"
}}
account "partner" {{
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}}
"""
_S3 = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
_KEYS = '  keys {\n    pgp_key_file = "keys/ops.asc"\n    generations  = ["2026-11"]\n  }\n'

_BLOCKS = {
    # Without a bucket, whose lifecycle rules take 55 s.
    "elementary-keys": f"""\
elementary "keys" {{
  account   = "analytics"
  databases = ["sales"]
  source "acme-lake" {{ prefixes = ["sales/"] }}
{_KEYS}}}
""",
    "datadog-role": """\
datadog "role" {
  account   = "analytics"
  databases = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
  assumed_by { role_name = "datadog" }
}
""",
    "dot-keys": f"""\
dot "keys" {{
  account   = "analytics"
  databases = ["sales"]
  source "acme-lake" {{ prefixes = ["sales/"] }}
{_KEYS}}}
""",
    "webflow-keys": f"""\
webflow "keys" {{
  account = "analytics"
  bucket  = "acme-webflow"
  schema  = "webflow"
{_KEYS}}}
""",
    "immuta-role": """\
immuta "role" {
  account   = "analytics"
  databases = ["sales"]
  runs_on { on = "ec2" }
  source "acme-lake" { prefixes = ["sales/"] }
}
""",
    "metronome-role": """\
metronome "role" {
  account = "analytics"
  bucket  = "acme-metronome"
  schema  = "metronome"
  workgroup {}
  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
    audience                = "123456789012345678901"
  }
}
""",
    "dynamodb-connector-two": """\
dynamodb_connector "two" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
  spill { create_kms_key = true }
}
""",
    "dynamodb-connector-application": """\
dynamodb_connector "application" {
  owner      = "analytics"
  consumer   = "partner"
  tables     = ["orders"]
  readers    = ["arn:aws:iam::444455556666:role/analyst"]
  deployment = "application"
}
""",
    "dbt-run": """\
dbt "run" {
  account          = "analytics"
  mode             = "run"
  trusted          = ["arn:aws:iam::111122223333:role/ci"]
  databases        = ["dbt_ci"]
  source_databases = ["sales"]
  workgroup {}
  source "acme-lake" { prefixes = ["sales/"] }
}
""",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of block, whether its state is in S3, and whether cdktf runs Terraform."""

    kind: str
    s3: bool
    cdktf: bool

    @property
    def stack(self) -> str:
        """Return the stack's name. Two at a time have not the same: a lock is of any run of that
        name."""
        return f"{self.kind}-s3" if self.s3 else self.kind

    @property
    def text(self) -> str:
        """Return its gate.hcl."""
        block = _BLOCKS[self.kind]
        if self.s3:
            return _HEAD + _S3 + block.replace('" {', '-s3" {', 1)
        return _HEAD + block

    @property
    def operations(self) -> tuple[str, ...]:
        """Return what is done to it, in order."""
        rotation = ("rotation",) if "generations" in self.text else ()
        return ("apply", "update", *rotation, "destroy")

    def after(self, operation: str, text: str) -> str:
        """Return gate.hcl ``text`` as it is to be for ``operation``."""
        if operation == "update":
            text = re.sub(r'(databases *= \["[a-z_]+)"', r'\1_new"', text)
            text = text.replace('schema  = "', 'schema  = "new_')
            return text.replace('tables   = ["orders"]', 'tables   = ["orders", "items"]').replace(
                'tables     = ["orders"]', 'tables     = ["orders", "items"]'
            )
        if operation == "rotation":
            return text.replace('["2026-11"]', '["2026-11", "2026-12"]')
        return text

    def __str__(self) -> str:
        where, by = "S3" if self.s3 else "local", "cdktf" if self.cdktf else "terraform"
        return f"{self.kind}, {where}, {by}"


def scenes() -> list[Scene]:
    """Return every stack with each backend, run by Terraform and by cdktf in turn."""
    return [
        Scene(kind, s3, (number + s3) % 2 == 1)
        for number, kind in enumerate(_BLOCKS)
        for s3 in (False, True)
    ]

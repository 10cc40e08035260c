"""A gate.hcl with every integration in every mode and authentication and every option, for a
partition and a backend; and the blocks of a vendor, for every way in that its profile offers."""

import json
from pathlib import Path
from typing import Any

from athena_gate.modules.access.profile import GOOGLE, Profile
from athena_gate.modules.athena.settings import read_public_key
from athena_gate.stacks.configuration import Configuration, load

REGIONS = {"aws": "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_KEY = Path(__file__).resolve().parent.parent / "keys" / "example.asc"


# Few and with what they must have, and with everything they may have; the names of HCP Terraform's
# credentials by account go with them.
BACKENDS = ("local", "s3", "s3-full", "cloud", "cloud-full", "cloud-tags")
_HCP_CREDENTIALS = {"cloud": {"b": "PARTNER"}, "cloud-full": {"a": "OWNER", "b": "PARTNER"}}


def _backend(partition: str, backend: str) -> str:
    region = REGIONS[partition]
    s3 = f'bucket = "acme-states"\n region = "{region}"'
    kms = f"arn:{partition}:kms:{region}:111122223333:key/11111111-2222-3333-4444-555555555559"
    role = f"arn:{partition}:iam::111122223333:role/states"
    cloud = 'organization = "acme"'
    named = f'{cloud}\n project = "Athena"\n hostname = "terraform.acme.example"'
    fields = {
        "local": "",
        "s3": s3,
        "s3-full": f'{s3}\n prefix = "gate/"\n kms_key = "{kms}"\n assume_role = "{role}"',
        "cloud": cloud,
        "cloud-full": f'{named}\n workspace = "athena-{{stack}}"',
        "cloud-tags": f'{cloud}\n tags = ["athena", "gate"]',
    }
    return f'backend "{backend.partition("-")[0]}" {{\n{fields[backend]}\n}}'


def _accounts(partition: str, backend: str) -> str:
    region, hcp = REGIONS[partition], _HCP_CREDENTIALS.get(backend, {})
    more = {
        "a": 'tags = { owner = "data", "cost center" = "4711" }',
        "b": f'assume_role = "arn:{partition}:iam::444455556666:role/terraform"',
    }
    ids = {"a": "111122223333", "b": "444455556666"}
    return "\n".join(
        f'account "{name}" {{\n id = "{ids[name]}"\n region = "{region}"\n {more[name]}\n'
        + (f' hcp_credentials = "{hcp[name]}"\n' if name in hcp else "")
        + "}"
        for name in ids
    )


def text(partition: str, backend: str = "local", most: int | None = None) -> str:
    """Return the configuration: for each mode a small block and one with everything in it, or of
    these only the first ``most``; ``backend`` is one of BACKENDS."""
    region = REGIONS[partition]
    kms = f"arn:{partition}:kms:{region}:111122223333:key/11111111-2222-3333-4444-55555555555"
    keys = f'keys {{\n pgp_key = "{read_public_key(_KEY)}"\n generations = ["a", "b"]\n }}'
    sources = (
        'source "acme-lake" { prefixes = ["sales/", "finance/"] }\n'
        f'source "acme-vault" {{ kms_key = "{kms}1" }}'
    )
    boundary = f'permissions_boundary = "arn:{partition}:iam::111122223333:policy/boundary"'
    full = f'{boundary}\n path = "/vendors/"'
    results = f'results {{ kms_key = "{kms}2" }}'
    limits = (
        'workgroup {\n bytes_scanned_cutoff = 10485760\n engine_version = "AUTO"\n}\n'
        ' results {\n bucket = "acme-NAME"\n path = "queries/"\n expire_after_days = 7\n'
        f' kms_key = "{kms}2"\n}}'
    )
    existing = 'results {\n bucket = "acme-results"\n create = false\n}'
    # More than one managed policy can hold.
    many = ", ".join(f'"sales_of_the_year_{year}"' for year in range(1990, 2030))
    blocks = [
        *(
            f'account = "a"\n grants = "{grants}"\n{more}\n{keys}'
            for grants, more in (
                (
                    "least_privilege",
                    'databases = ["sales"]\nsource "acme-lake" { prefixes = ["sales/"] }',
                ),
                (
                    "least_privilege",
                    f"databases = [{many}]\n lake_formation {{}}\n"
                    ' catalog "lake" {\n owner = "999999999999"\n databases = ["orders"]\n}\n'
                    f" reads_results_directly = true\n{sources}\n{full}\n"
                    + limits.replace("NAME", "dot"),
                ),
                ("documented", f'databases = ["sales"]\nsource "acme-lake" {{}}\n{existing}'),
                (
                    "full_access",
                    f'databases = ["sales"]\n restrict_to_vendor_ips = false\n{sources}',
                ),
            )
        )
    ]
    written = [f'dot "d{n}" {{\n{block}\n}}' for n, block in enumerate(blocks)]
    google = (
        'web_identity {\n subject = "123456789012345678901"\n'
        ' organization_identifier = "org-4711"\n MORE}\n'
    )
    metronome = [
        f'account = "a"\n grants = "{grants}"\n bucket = "acme-{grants[:3]}-{how}"\n'
        f' schema = "exports"\n {more}'
        for grants in ("least_privilege", "documented")
        for how, more in (
            ("role", google.replace("MORE", "")),
            (
                "all",
                google.replace("MORE", 'audience = "123456789012345678901"\n')
                + f'{full}\n workgroup {{}}\n kms_key = "{kms}3"\n'
                ' results_folder = "exports_results"\n results_expire_after_days = 7',
            ),
            ("keys", f"create_bucket = false\n{keys}"),
        )
        if not (grants == "documented" and how == "all")
    ]
    written += [f'metronome "m{n}" {{\n{block}\n}}' for n, block in enumerate(metronome)]
    immuta = [
        f'account = "a"\n grants = "{grants}"\n databases = ["sales"]\n{sources}\n{more}'
        for grants in ("least_privilege", "documented")
        for more in (
            f"{'lake_formation {}' if grants == 'least_privilege' else ''}\n{keys}",
            f'runs_on {{\n on = "ec2"\n }}\n{full}\n'
            + limits.replace("NAME", f"immuta-{grants[:3]}"),
            f'runs_on {{\n role_name = "nodes"\n }}\n{existing}',
        )
    ]
    written += [f'immuta "i{n}" {{\n{block}\n}}' for n, block in enumerate(immuta)]
    trusted = f'trusted = ["arn:{partition}:iam::111122223333:role/ci"]'
    issuer = f"arn:{partition}:iam::111122223333:oidc-provider/token.example.com"
    token = f'provider = "{issuer}"\n subject = "repo:acme/dbt"\n audience = "aws"'
    tables = f'data {{\n bucket = "acme-NAME"\n path = "tables/"\n kms_key = "{kms}4"\n}}'
    dbt = [
        *(
            f'account = "a"\n mode = "{mode}"\n databases = ["dbt_ci"]\n{trusted}\n{more}'
            for mode in ("via_athena", "run")
            for more in (
                'existing_workgroup = "ad-hoc"\n data {\n bucket = "acme-tables"\n'
                " create = false\n}",
                f'external_id = "x-4711"\n drop_schemas = true\n{full}\n lake_formation {{}}\n'
                " max_session_duration = 7200\n session_duration = 1800\n"
                f' workgroup {{}}\n source_databases = ["sales"]\n{sources}\n{results}\n'
                + tables.replace("NAME", mode.replace("_", "-")),
            )
        ),
        'account = "a"\n mode = "documented"\n databases = ["dbt_ci"]',
        *(
            f'account = "a"\n mode = "run"\n databases = ["dbt_ci"]\n{way}'
            for way in (keys, f"web_identity {{\n {token}\n}}")
        ),
    ]
    written += [f'dbt "b{n}" {{\n{block}\n}}' for n, block in enumerate(dbt)]
    readers = (
        f'readers = ["arn:{partition}:iam::444455556666:role/analyst", '
        f'"arn:{partition}:iam::444455556666:role/team/bi"]'
    )
    host = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    copied = f' image = "111122223333.dkr.ecr.{region}.{host}/connector:v2026.33.1"\n'
    image = "" if partition == "aws" else copied
    theirs = f"{kms}5".replace("111122223333", "444455556666")
    connectors = [
        f'owner = "a"\n consumer = "b"\n tables = ["orders"]\n{readers}\n{image}',
        f'owner = "a"\n consumer = "b"\n tables = ["orders"]\n{readers}\n{image}'
        ' organization_id = "o-a1b2c3d4e5"\n attach_policy = false\n catalog = "orders"\n'
        ' release = "2026.30.1"\n memory = 1024\n timeout = 60\n'
        ' spill {\n bucket = "acme-spill"\n prefix = "spilled/"\n create_kms_key = true\n'
        " encryption = false\n}\n"
        + limits.replace("NAME", "owner").replace("results {", "owner_results {")
        + f'\n consumer_results {{\n bucket = "acme-consumer"\n kms_key = "{theirs}"\n}}',
        f'owner = "a"\n consumer = "b"\n tables = ["orders"]\n{image} grants = "documented"\n'
        " console_sharing = true",
        f'owner = "a"\n consumer = "a"\n tables = ["orders"]\n{copied}',
        f'owner = "b"\n consumer = "b"\n tables = ["orders"]\n{readers}\n{image}',
    ]
    if partition == "aws":
        connectors += [
            f'owner = "a"\n consumer = "b"\n tables = ["orders"]\n{readers}\n'
            f' deployment = "application"\n spill {{ create_kms_key = {flag} }}'
            for flag in ("true", "false")
        ]
    written += [f'dynamodb_connector "c{n}" {{\n{block}\n}}' for n, block in enumerate(connectors)]
    return (
        "\n".join([_backend(partition, backend), _accounts(partition, backend), *written[:most]])
        + "\n"
    )


def build(configuration: Configuration, outdir: Path) -> None:
    """Write the stacks of ``configuration`` into ``outdir``."""
    # To import the engine starts Node, 0.7 s of processor time (measured 2026-11).
    from athena_gate.stacks.stack import synthesize

    synthesize(configuration.blocks, configuration.backend, outdir)


def synthesize(
    partition: str, folder: Path, backend: str = "local", most: int | None = None
) -> dict[str, dict[str, Any]]:
    """Write the stacks of ``text(partition, backend, most)`` into ``folder``, and return their JSON
    by name."""
    file = folder / "gate.hcl"
    file.write_text(text(partition, backend, most))
    build(load(file), folder / "cdktf.out")
    return {
        path.parent.name: json.loads(path.read_text())
        for path in sorted(folder.glob("cdktf.out/stacks/*/cdk.tf.json"))
    }


def ways_in(profile: Profile, partition: str) -> dict[str, str]:
    """Return a block for every way in that ``profile`` offers, by a word for it."""
    arns = f"arn:{partition}:iam::111122223333"
    cluster = f"{arns}:oidc-provider/oidc.eks.{REGIONS[partition]}.amazonaws.com/id/EXAMPLE"
    found: dict[str, str] = {}
    if profile.keys is not None:
        key = read_public_key(_KEY)
        found["keys"] = f'keys {{\n pgp_key = "{key}"\n generations = ["a"]\n}}'
    if profile.assumed_by is not None:
        principal = f'principals = ["arn:{partition}:iam::999988887777:role/vendor"]'
        found["assumed-by"] = f'assumed_by {{\n {principal}\n external_id = "x-4711"\n}}'
        if profile.assumed_by.external_id != "required":
            found["assumed-anyone"] = f"assumed_by {{\n {principal}\n}}"
        if profile.assumed_by.existing:
            found["vendors-role"] = 'assumed_by {\n role_name = "vendor"\n}'
    if profile.web_identity is not None:
        google = profile.web_identity.issuer == GOOGLE
        told = f'{"organization_identifier" if google else "audience"} = "org-4711"'
        subject = 'subject = "123456789012345678901"'
        found["web-identity"] = f"web_identity {{\n {subject}\n {told}\n}}"
    if profile.runs_on is not None:
        pod = f'provider = "{cluster}"\n namespace = "bi"\n service_account = "app"'
        for on in profile.runs_on.on:
            more = f"\n {pod}" if on == "eks" else ""
            found[on.replace("_", "-")] = f'runs_on {{\n on = "{on}"{more}\n}}'
        found["role"] = 'runs_on {\n role_name = "nodes"\n}'
    if profile.service is not None:
        found["service"] = "service {}"
        workspace = f"arn:{partition}:grafana:{REGIONS[partition]}:111122223333:/workspaces/g-1"
        found["service-of-one"] = f'service {{\n source_arns = ["{workspace}"]\n}}'
    if profile.trusted is not None:
        who = f'principals = ["{arns}:role/app", "{arns}:user/app"]'
        found["trusted"] = f"trusted {{\n {who}\n}}"
        found["trusted-id"] = f'trusted {{\n {who}\n external_id = "x-4711"\n}}'
    return found


def blocks_of(kind: str, profile: Profile, partition: str = "aws") -> dict[str, str]:
    """Return blocks of the vendor ``profile`` for the account ``a``, by name: every way in that it
    offers with every ``grants``, and one with everything else that a block of its class takes."""
    kms = (
        f"arn:{partition}:kms:{REGIONS[partition]}:111122223333:key/11111111-2222-3333-4444-555555"
    )
    lake = 'source "acme-lake" { prefixes = ["sales/"] }' if profile.reads_files else ""
    vault = f'source "acme-vault" {{ kms_key = "{kms}555551" }}' if profile.reads_files else ""
    page, ways = profile.page, ways_in(profile, partition)
    # Short, and without an underscore, as names of buckets are made of them.
    word = kind.replace("_", "-")
    grants = {"least_privilege": "least"}
    grants |= {"documented": "page"} if page.access else {}
    grants |= {"full_access": "full"} if page.managed else {}
    more = "" if "query_history" not in profile.bundles else 'workgroups = ["analysts"]'

    def body(name: str) -> str:
        if profile.cls == "tables":
            return f'bucket = "acme-{word}-{name}"\n schema = "exports"'
        return f'databases = ["sales"]\n {lake}\n {more}'

    written = {
        f"{way}-{short}": f'grants = "{mode}"\n {body(f"{way}-{short}")}\n {how}'
        for way, how in ways.items()
        for mode, short in grants.items()
    }
    boundary = f'permissions_boundary = "arn:{partition}:iam::111122223333:policy/boundary"'
    # Of a vendor that only looks up tables no mode has a block.
    alone = 'grants = false\n table "sales.orders" {}' if profile.cls == "metadata" else ""
    given = f"lake_formation {{\n {alone}\n}}"
    end = 'until = "2099-03-31"'
    everything = [boundary, 'path = "/vendors/"', end, given, lake, vault]
    if profile.cls == "tables":
        everything += [
            f'bucket = "acme-{word}-everything"\n schema = "exports"\n results_folder = "results"',
            f'kms_key = "{kms}555552"\n databases = ["sales"]\n workgroup {{}}',
        ]
    else:
        everything += ['databases = ["sales", "stock"]', more]
    if profile.cls == "metadata" and "all_databases" not in profile.bundles:
        everything.append("list_all_databases = true")
    if profile.cls == "query":
        everything.append(f'results {{\n kms_key = "{kms}555552"\n}}')
    first, how = next(iter(ways.items()))
    if not first.startswith("service"):
        places = 'addresses = ["52.1.2.0/24"]\n vpc_endpoints = ["vpce-0a1b2c3d4e5f67890"]'
        everything.append(f"only_from {{\n {places}\n}}")
    if first == "keys":
        everything.append(f'adopted {{\n user = "{word}-by-hand"\n}}')
    written["everything"] = "\n ".join([*everything, how])
    if profile.cls == "metadata":
        tagged = 'lake_formation {\n tag "domain" { values = ["sales"] }\n}'
        written["tagged"] = f"{body('tagged')}\n {tagged}\n {how}"
    return {
        name: f'{kind} "{name}" {{\n account = "a"\n {block}\n}}\n'
        for name, block in written.items()
    }


def account(partition: str = "aws") -> str:
    """Return the account that ``blocks_of`` speaks of."""
    return f'account "a" {{\n id = "111122223333"\n region = "{REGIONS[partition]}"\n}}\n'

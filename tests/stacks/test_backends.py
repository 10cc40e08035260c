"""What a backend block accepts, and what it refuses with the line it stands on."""

import pytest

from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.backends import CloudBackend, S3Backend
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, Project

KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

CLOUD = """\
backend "cloud" {
  organization = "acme"
}
"""

S3 = """\
backend "s3" {
  bucket = "acme-states"
  region = "eu-central-1"
}
"""


def mistakes(project: Project, text: str) -> list[str]:
    project.write(text)
    with pytest.raises(ConfigurationError) as error:
        load(project.file)
    return [mistake.text("gate.hcl") for mistake in error.value.mistakes]


def test_an_s3_backend_names_an_object_for_each_stack(project: Project) -> None:
    more = f'  prefix = "platform/athena/"\n  kms_key = "{KEY}"\n'
    project.write(S3.replace("\n}", f"\n{more}}}") + DOT)
    backend = load(project.file).backend
    assert backend == S3Backend(
        bucket="acme-states", region="eu-central-1", prefix="platform/athena/", kms_key=KEY
    )
    assert backend.key("dot-reporting") == "platform/athena/dot-reporting.tfstate"


def test_a_cloud_backend_names_a_workspace_for_each_stack(project: Project) -> None:
    project.write(CLOUD.replace("\n}", '\n  workspace = "athena-{stack}-prod"\n}') + DOT)
    backend = load(project.file).backend
    assert isinstance(backend, CloudBackend)
    assert backend.workspace_of("dot-reporting") == "athena-dot-reporting-prod"
    assert backend.tags_of("dot-reporting") == []


def test_tags_find_one_workspace_a_stack(project: Project) -> None:
    project.write(CLOUD.replace("\n}", '\n  tags = ["athena", "team:data"]\n}') + DOT)
    backend = load(project.file).backend
    assert isinstance(backend, CloudBackend)
    assert backend.tags_of("dot-reporting") == ["athena", "team:data", "dot-reporting"]
    assert backend.workspace_of("dot-reporting") == "dot-reporting"


def cloud(field: str, organization: str = "acme") -> str:
    return f'backend "cloud" {{\n  organization = "{organization}"\n{field}}}\n{DOT}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            cloud("", organization="acme corp"),
            "gate.hcl:2: backend \"cloud\": organization: 'acme corp' is not valid; allowed: 3 to "
            "40 letters, digits, hyphens, underscores",
        ),
        (
            cloud('  project = "a/b"\n'),
            "gate.hcl:3: backend \"cloud\": project: 'a/b' is not valid; allowed: 3 to 40 letters, "
            "digits, spaces, hyphens, underscores, not starting or ending with a space",
        ),
        (
            cloud('  hostname = "https://tfe.acme.example"\n'),
            "gate.hcl:3: backend \"cloud\": hostname: 'https://tfe.acme.example' is not valid; "
            'allowed: the name of a host alone, in lower case, as in "app.terraform.io"',
        ),
        (
            cloud('  workspace = "athena"\n'),
            "gate.hcl:3: backend \"cloud\": workspace: 'athena' gives every stack the same "
            'workspace; allowed: a name with {stack} in it once, as in "athena-{stack}"',
        ),
        (
            cloud('  workspace = "athena.{stack}"\n'),
            "gate.hcl:3: backend \"cloud\": workspace: 'athena.{stack}' holds '.'; allowed: "
            "letters, digits, hyphens, underscores",
        ),
        (
            cloud('  tags = ["athena", "data base"]\n'),
            "gate.hcl:3: backend \"cloud\": tags: 'data base' is not valid; allowed: 1 to 255 "
            "letters, digits, colons, hyphens, underscores",
        ),
        (
            cloud('  workspace = "x-{stack}"\n  tags = ["athena"]\n'),
            'gate.hcl:4: backend "cloud": tags: a workspace is found by its name or by tags; '
            "remove one of the two",
        ),
        (
            cloud(f'  workspace = "{"x" * 80}-{{stack}}"\n'),
            f'gate.hcl:10: dot "reporting": its workspace would be {"x" * 80}-dot-reporting, 94 '
            "characters; allowed: 90",
        ),
        (
            'backend "cloud" {}\n' + DOT,
            'gate.hcl:1: backend "cloud": organization: is missing; it is required',
        ),
        (
            S3.replace("\n}", '\n  lock_table = "locks"\n}') + DOT,
            'gate.hcl:4: backend "s3": lock_table: no field "lock_table"; allowed: bucket, region, '
            "prefix, kms_key, assume_role",
        ),
        (
            S3.replace("\n}", f'\n  kms_key = "{KEY.replace("eu-central-1", "us-east-1")}"\n}}')
            + DOT,
            'gate.hcl:4: backend "s3": kms_key: the key is in us-east-1, the bucket in '
            "eu-central-1",
        ),
        (
            S3.replace("\n}", '\n  assume_role = "arn:aws-cn:iam::111122223333:role/x"\n}') + DOT,
            "gate.hcl:4: backend \"s3\": assume_role: 'arn:aws-cn:iam::111122223333:role/x' is in "
            "partition aws-cn, the bucket in aws",
        ),
        (
            S3.replace("\n}", '\n  prefix = "states"\n}') + DOT,
            "gate.hcl:4: backend \"s3\": prefix: 'states' would also match 'states-old/'; end it "
            "with a slash: 'states/'",
        ),
        (
            S3.replace("acme-states", "acme-lake") + DOT,
            "gate.hcl:10: dot \"reporting\": uses the bucket 'acme-lake', which holds the states; "
            "a vendor must not come near them: choose another bucket for one of the two",
        ),
        (
            S3 + DOT.replace("}\n\ndot", '  hcp_credentials = "MAIN"\n}\n\ndot', 1),
            'gate.hcl:8: account "analytics": hcp_credentials: only HCP Terraform provides these; '
            'they need backend "cloud" { ... }',
        ),
        (
            CLOUD + DOT.replace("}\n\ndot", '  hcp_credentials = "MA-IN"\n}\n\ndot', 1),
            "gate.hcl:7: account \"analytics\": hcp_credentials: 'MA-IN' is not valid; allowed: "
            'letters, digits and underscores, as in "PARTNER"',
        ),
        (
            S3.replace("acme-states", "${file(x)}") + DOT,
            "gate.hcl:2: backend \"s3\": bucket: '${file(x)}' holds a template; values are plain "
            'data, and "${" and "%{" are not allowed in them',
        ),
        (
            'backend "cloud" {\n  organization = "a"\n}\ndot "x" {}\n',
            "gate.hcl:2: backend \"cloud\": organization: 'a' is not valid; allowed: 3 to 40 "
            "letters, digits, hyphens, underscores",
        ),
    ],
)
def test_a_mistake_in_a_backend_names_its_line_and_what_is_allowed(
    project: Project, text: str, expected: str
) -> None:
    assert expected in mistakes(project, text)

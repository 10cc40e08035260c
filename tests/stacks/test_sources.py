"""Several files as one configuration, and environments."""

import pytest

from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.backends import CloudBackend, LocalBackend, S3Backend
from athena_gate.stacks.configuration import load
from tests.conftest import ACCOUNT, Project


def dot(name: str, databases: str = '["sales"]') -> str:
    return f'''
dot "{name}" {{
  account   = "analytics"
  databases = {databases}
  source "acme-lake" {{ prefixes = ["sales/"] }}
  source "acme-mart" {{}}
  keys {{
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }}
}}
'''


def put(project: Project, name: str, text: str) -> None:
    file = project.folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def mistakes(project: Project, environment: str = "") -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load(project.file, environment)
    return [
        mistake.text(str(project.file)).replace(f"{project.folder}/", "")
        for mistake in raised.value.mistakes
    ]


def test_the_files_of_gate_d_are_read_as_one_with_gate_hcl(project: Project) -> None:
    put(project, "gate.d/b.hcl", dot("second"))
    put(project, "gate.d/a.hcl", dot("first"))
    put(project, "gate.d/notes.txt", "no HCL")
    assert load(project.file).stacks == ["dot-reporting", "dot-first", "dot-second"]


def test_a_file_of_another_name_has_its_own_folder(project: Project) -> None:
    put(project, "gate.d/a.hcl", dot("first"))
    other = project.folder / "staging.hcl"
    other.write_text(ACCOUNT)
    put(project, "staging.d/a.hcl", dot("second"))
    assert load(other).stacks == ["dot-second"]


def test_each_mistake_names_the_file_and_line_it_stands_on(project: Project) -> None:
    project.write(ACCOUNT + "\nnonsense {}\n")
    put(project, "gate.d/a.hcl", dot("first", '["Sales"]'))
    put(project, "gate.d/b.hcl", 'dot "first" {\n')
    put(project, "gate.d/c.hcl", dot("first"))
    said = mistakes(project)
    assert said[0].startswith('gate.hcl:6: nonsense: no block "nonsense"')
    assert [line.split(": ")[0] for line in said[1:]] == [
        "gate.d/a.hcl:4",
        "gate.d/b.hcl:1",
        "gate.d/b.hcl:1",
        "gate.d/c.hcl:2",
    ]
    assert said[2:] == [
        'gate.d/b.hcl:1: dot "first": has the same name as the block on line 2 of gate.d/a.hcl; '
        "choose another",
        'gate.d/b.hcl:1: dot "first": the block opens here and is never closed; add }',
        'gate.d/c.hcl:2: dot "first": has the same name as the block on line 2 of gate.d/a.hcl; '
        "choose another",
    ]


def test_a_file_that_cannot_be_read_is_a_mistake_of_it(project: Project) -> None:
    (project.folder / "gate.d" / "a.hcl").mkdir(parents=True)
    assert mistakes(project) == ["gate.d/a.hcl:1: is a folder; allowed: a file"]


def test_an_environment_changes_attributes_and_all_nested_blocks_of_a_type(
    project: Project,
) -> None:
    tagged = ACCOUNT.replace("region", 'tags = { owner = "data" }\n  region')
    project.write(tagged + dot("reporting"))
    put(
        project,
        "environments/prod.hcl",
        """
account "analytics" {
  id   = "444455556666"
  tags = null
}
dot "reporting" {
  databases = ["sales", "billing"]
  source "acme-prod" {}
}
"""
        + dot("board"),
    )
    changed, more = load(project.file, "prod").blocks
    plain = load(project.file, "").blocks[0].settings
    account = changed.settings.account
    assert (account.id, account.region, account.tags) == ("444455556666", "eu-central-1", {})
    assert plain.account.tags == {"owner": "data"}
    assert changed.settings.databases == ("sales", "billing")
    assert [source.bucket for source in changed.settings.sources] == ["acme-prod"]
    assert changed.settings.keys == plain.keys
    assert more.stack == "dot-board"
    assert load(project.file, "").stacks == ["dot-reporting"]


def test_the_variable_names_the_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(project, "environments/prod.hcl", dot("board"))
    monkeypatch.setenv("GATE_ENV", "prod")
    assert load(project.file).stacks == ["dot-reporting", "dot-board"]


def test_mistakes_of_an_environment_name_its_lines(project: Project) -> None:
    put(
        project,
        "environments/prod.hcl",
        'dot "reporting" {\n  databases = ["Sales"]\n}\ndot "reporting" {}\ndot "b" {}\n',
    )
    said = mistakes(project, "prod")
    assert [line.split(": ")[0] for line in said[:2]] == [
        "environments/prod.hcl:2",
        "environments/prod.hcl:4",
    ]
    assert said[1] == (
        'environments/prod.hcl:4: dot "reporting": stands on line 1 of environments/prod.hcl as '
        "well; keep one of the two"
    )


@pytest.mark.parametrize("name", ["prd", "../gate", "Prod", "prod/"])
def test_an_environment_without_a_file_is_told_with_those_that_have_one(
    project: Project, name: str
) -> None:
    put(project, "environments/prod.hcl", "")
    put(project, "environments/dev.hcl", "")
    hint = '; did you mean "prod"?' if name != "../gate" else ""
    assert mistakes(project, name) == [
        f'gate.hcl:1: no environment "{name}"{hint}; allowed: dev, prod; an environment is a file '
        "environments/NAME.hcl beside gate.hcl"
    ]


def test_a_backend_of_another_type_takes_the_place_of_the_whole_block(project: Project) -> None:
    project.write(
        'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
        + ACCOUNT
        + dot("reporting")
    )
    put(project, "environments/prod.hcl", 'backend "cloud" { organization = "acme" }\n')
    put(project, "environments/dev.hcl", 'backend "s3" { bucket = "acme-dev" }\n')
    assert isinstance(load(project.file, "prod").backend, CloudBackend)
    dev = load(project.file, "dev").backend
    assert isinstance(dev, S3Backend)
    assert (dev.bucket, dev.region) == ("acme-dev", "eu-central-1")


def test_no_two_environments_share_a_state() -> None:
    stack = "dot-reporting"
    s3 = S3Backend(bucket="acme-states", region="eu-central-1")
    cloud = CloudBackend(organization="acme", workspace="athena-{stack}")
    tagged = CloudBackend(organization="acme", tags=("athena",))
    assert LocalBackend().file(stack) == "terraform.dot-reporting.tfstate"
    assert LocalBackend().within("prod").file(stack) == "terraform.prod.dot-reporting.tfstate"
    assert s3.within("prod").key(stack) == "athena-gate/prod/dot-reporting.tfstate"
    assert cloud.within("prod").workspace_of(stack) == "athena-prod_dot-reporting"
    assert tagged.within("prod").tags_of(stack) == ["athena", "prod_dot-reporting"]
    assert s3 == S3Backend(bucket="acme-states", region="eu-central-1")

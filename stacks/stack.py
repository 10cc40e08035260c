"""A Terraform stack per block: provider, backend, the integration, its outputs."""

import errno
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from athena_gate.modules.account import Account
from athena_gate.modules.bindings import (
    App,
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
    CloudBackend,
    Construct,
    LocalBackend,
    NamedCloudWorkspace,
    S3Backend,
    S3BackendAssumeRoleConfig,
    TaggedCloudWorkspaces,
    TerraformOutput,
    TerraformStack,
    TerraformVariable,
)
from athena_gate.stacks import backends
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.providers import (
    HCP_CREDENTIALS,
    MAX_RETRIES,
    PROVIDER_SOURCE,
    PROVIDER_VERSIONS,
    TERRAFORM_VERSIONS,
)


class Handoff(Protocol):
    """What a stack needs of an integration's construct: the fields to hand over, and the
    encrypted secrets by name of their generation."""

    handoff: dict[str, str]
    encrypted_secrets: dict[str, str]


class IntegrationStack(TerraformStack):
    """The stack of one block of gate.hcl."""

    def __init__(
        self, app: App, block: ConfiguredBlock, settings: backends.Backend, output: Path
    ) -> None:
        super().__init__(app, block.stack)
        self.add_override("terraform.required_version", TERRAFORM_VERSIONS)
        self.add_override(
            "terraform.required_providers.aws",
            {"source": PROVIDER_SOURCE, "version": PROVIDER_VERSIONS},
        )
        backend(self, block.stack, settings, output)
        account, *consumers = block.settings.accounts
        hcp = any(one.hcp_credentials for one in block.settings.accounts)
        if hcp:
            dynamic_credentials(self)
        provider(self, account, block.tag, hcp_credentials=hcp)
        aliased = [
            provider(self, consumer, block.tag, alias="consumer", hcp_credentials=hcp)
            for consumer in consumers
        ]
        construct = block.integration.construct(self, block.name, block.settings, *aliased)
        outputs(self, construct)


def backend(scope: Construct, stack: str, settings: backends.Backend, outdir: Path) -> None:
    """Write where the state of ``stack``, synthesized into ``outdir``, is kept."""
    match settings:
        case backends.S3Backend():
            S3Backend(
                scope,
                bucket=settings.bucket,
                key=settings.key(stack),
                region=settings.region,
                encrypt=True,
                kms_key_id=settings.kms_key,
                assume_role=(
                    S3BackendAssumeRoleConfig(role_arn=settings.assume_role)
                    if settings.assume_role
                    else None
                ),
            )
            # The engine is older than the argument and refuses it.
            TerraformStack.of(scope).add_override("terraform.backend.s3.use_lockfile", True)
        case backends.CloudBackend():
            tags = settings.tags_of(stack)
            CloudBackend(
                scope,
                organization=settings.organization,
                hostname=settings.hostname,
                workspaces=(
                    TaggedCloudWorkspaces(tags, settings.project)
                    if tags
                    else NamedCloudWorkspace(settings.workspace_of(stack), settings.project)
                ),
            )
        case backends.LocalBackend():
            LocalBackend(scope, path=state_path(outdir, stack, settings.file(stack)))


def state_path(outdir: Path, stack: str, file: str) -> str:
    """Return where a stack's local state ``file`` lies, relative to the stack's folder.

    The folder is ``<outdir>/stacks/<stack>``; the state stands beside cdktf.json, in the current
    directory, so that it survives when the output folder is deleted. Left alone, the engine
    writes an absolute path into the JSON.
    """
    folder = outdir.resolve() / "stacks" / stack
    return Path(os.path.relpath(file, folder)).as_posix()


def provider(
    scope: Construct,
    account: Account,
    block: str,
    alias: str | None = None,
    hcp_credentials: bool = False,
) -> AwsProvider:
    """Return the AWS provider for ``account``; all it makes is tagged with ``block``. Resources
    use the one without ``alias`` unless they name another. With ``hcp_credentials`` it takes the
    account's own of HCP Terraform's dynamic credentials, or else their default."""
    name = account.hcp_credentials
    credentials = f'aliases["{name}"]' if name else "default"
    return AwsProvider(
        scope,
        alias or "aws",
        alias=alias,
        region=account.region,
        allowed_account_ids=[account.id],
        max_retries=MAX_RETRIES,
        assume_role=(
            [AwsProviderAssumeRole(role_arn=account.assume_role)] if account.assume_role else None
        ),
        shared_config_files=(
            [f"${{var.{HCP_CREDENTIALS}.{credentials}.shared_config_file}}"]
            if hcp_credentials
            else None
        ),
        default_tags=[AwsProviderDefaultTags(tags={**account.tags, "athena-gate": block})],
    )


def dynamic_credentials(scope: Construct) -> None:
    """Declare the variable in which HCP Terraform hands a run its credentials, by account.

    https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/specify-multiple-configurations
    (2026-11): name and type are the ones HCP Terraform sets.
    """
    files = "object({ shared_config_file = string })"
    TerraformVariable(
        scope,
        HCP_CREDENTIALS,
        type=f"object({{ default = {files}, aliases = map({files}) }})",
        description="Set by HCP Terraform: a file with credentials for each account.",
    )


def outputs(scope: Construct, construct: Handoff) -> None:
    """Write the hand-off, and one sensitive output for each encrypted secret."""
    TerraformOutput(
        scope,
        "handoff",
        value=construct.handoff,
        description="What the vendor's form asks for; no secrets.",
    )
    for generation, secret in construct.encrypted_secrets.items():
        TerraformOutput(
            scope,
            f"encrypted_secret_{generation}",
            value=secret,
            sensitive=True,
            description=f"The secret access key {generation}, PGP message in base64.",
        )


def synthesize(blocks: Iterable[ConfiguredBlock], settings: backends.Backend, output: Path) -> None:
    """Write a stack for each of ``blocks`` into the folder ``output``, with the state where
    ``settings`` say. What else is there stays, but the manifest has these stacks alone.

    The engine writes beside what is there, which is replaced when all of it is written. Raises
    ``OSError`` when it cannot be.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".synth-", dir=output) as folder:
        # Node looks for a relative path from where it was started.
        app = App(outdir=str(Path(folder).absolute()))
        for block in blocks:
            IntegrationStack(app, block, settings, output)
        try:
            app.synth()
        except Exception as error:
            raise _unwritten(error, output) from None
        # The manifest, which lists the others, comes last.
        for file in sorted(Path(folder).rglob("*"), key=lambda one: -len(one.parts)):
            if file.is_file():
                place = output / file.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                file.replace(place)


def _unwritten(error: Exception, output: Path) -> Exception:
    """Return the ``OSError`` that Node has met in writing, else ``error``: jsii has one class for
    whatever the engine throws.

    https://nodejs.org/api/errors.html#common-system-errors (2026-11)
    """
    found = re.search(r"\b(ENOSPC|EROFS|EACCES|EDQUOT|EFBIG|EIO|EPERM): ", str(error))
    if not found:
        return error
    number = getattr(errno, found[1])
    return OSError(number, os.strerror(number), str(output))

"""What the stack of a block must hold, made from gate.hcl alone: a second opinion beside
``athena_gate.stacks.stack``, which makes it with the engine.

https://developer.hashicorp.com/terraform/language/syntax/json (2026-11) has the form.
"""

from typing import Any

from athena_gate.modules.account import Account
from athena_gate.modules.iam.policy import Policy
from athena_gate.modules.resources import Resource
from athena_gate.stacks.backends import (
    Backend,
    CloudBackend,
    LocalBackend,
    S3Backend,
)
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.providers import (
    HCP_CREDENTIALS,
    MAX_RETRIES,
    PROVIDER_SOURCE,
    PROVIDER_VERSIONS,
    TERRAFORM_VERSIONS,
)


def expected(block: ConfiguredBlock, backend: Backend) -> dict[str, Any]:
    """Return the stack of ``block`` in Terraform's JSON syntax, without the engine's comments, as
    the engine writes it; each policy is a ``Policy``, and the path of a local state its name alone.
    """
    made = block.integration.resources(block.settings)
    by_type: dict[str, dict[str, Any]] = {}
    for one in made:
        kind, _, name = one.address.partition(".")
        by_type.setdefault(kind, {})[name] = dict(one.arguments)
    accounts = block.settings.accounts
    hcp = any(account.hcp_credentials for account in accounts)
    content = {
        "terraform": {
            "required_version": TERRAFORM_VERSIONS,
            "required_providers": {
                "aws": {"source": PROVIDER_SOURCE, "version": PROVIDER_VERSIONS}
            },
            **_state(block.stack, backend),
        },
        "provider": {
            "aws": [
                _provider(account, block.tag, alias, hcp)
                for account, alias in zip(accounts, (None, "consumer"), strict=False)
            ]
        },
        "resource": by_type,
        "output": _outputs(block, made),
    }
    if hcp:
        content["variable"] = {HCP_CREDENTIALS: _CREDENTIALS}
    return content


def expected_json(block: ConfiguredBlock, backend: Backend) -> dict[str, Any]:
    """Return ``expected`` with each policy as the text that stands in Terraform's JSON."""
    found: dict[str, Any] = _texts(expected(block, backend))
    return found


def _texts(value: Any) -> Any:
    if isinstance(value, Policy):
        return value.json().replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else value


def _state(stack: str, backend: Backend) -> dict[str, Any]:
    """Return where Terraform keeps the state.

    https://developer.hashicorp.com/terraform/language/backend/s3 and
    https://developer.hashicorp.com/terraform/language/terraform#terraform-cloud (2026-11).
    """
    match backend:
        case LocalBackend():
            return {"backend": {"local": {"path": backend.file(stack)}}}
        case S3Backend():
            found: dict[str, Any] = {
                "bucket": backend.bucket,
                "key": backend.key(stack),
                "region": backend.region,
                "encrypt": True,
                "use_lockfile": True,
            }
            if backend.kms_key:
                found["kms_key_id"] = backend.kms_key
            if backend.assume_role:
                found["assume_role"] = {"role_arn": backend.assume_role}
            return {"backend": {"s3": found}}
        case CloudBackend():
            tags = backend.tags_of(stack)
            workspaces: dict[str, Any] = (
                {"tags": tags} if tags else {"name": backend.workspace_of(stack)}
            )
            if backend.project:
                workspaces["project"] = backend.project
            cloud: dict[str, Any] = {
                "organization": backend.organization,
                "workspaces": workspaces,
            }
            if backend.hostname:
                cloud["hostname"] = backend.hostname
            return {"cloud": cloud}


def _provider(account: Account, tag: str, alias: str | None, hcp: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "region": account.region,
        "allowed_account_ids": [account.id],
        "max_retries": MAX_RETRIES,
        "default_tags": [{"tags": {**account.tags, "athena-gate": tag}}],
    }
    if alias:
        found["alias"] = alias
    if account.assume_role:
        found["assume_role"] = [{"role_arn": account.assume_role}]
    if hcp:
        name = account.hcp_credentials
        of_it = f'aliases["{name}"]' if name else "default"
        found["shared_config_files"] = [f"${{var.{HCP_CREDENTIALS}.{of_it}.shared_config_file}}"]
    return found


def _outputs(block: ConfiguredBlock, made: tuple[Resource, ...]) -> dict[str, Any]:
    keys = {
        one.path[-1].removeprefix("key-"): one for one in made if one.type == "aws_iam_access_key"
    }
    handed = {
        **block.integration.handoff(block.settings),
        **{f"access_key_id_{generation}": key.ref("id") for generation, key in keys.items()},
    }
    return {
        "handoff": {
            "description": "What the vendor's form asks for; no secrets.",
            "value": handed,
        },
        **{
            f"encrypted_secret_{generation}": {
                "description": f"The secret access key {generation}, PGP message in base64.",
                "sensitive": True,
                "value": key.ref("encrypted_secret"),
            }
            for generation, key in keys.items()
        },
    }


_FILES = "object({ shared_config_file = string })"
_CREDENTIALS = {
    "type": f"object({{ default = {_FILES}, aliases = map({_FILES}) }})",
    "description": "Set by HCP Terraform: a file with credentials for each account.",
}

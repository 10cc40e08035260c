"""Which environment variables a command in the sandbox is not given.

Three lists: families, whatever they hold; words that name a secret wherever they stand; and of
Terraform's own variables all but those that are known to neither hold one nor lead out.
"""

import re

# Of clouds, of HashiCorp's products, of where states lie, and of CI: credentials, the addresses
# they are for, and the files a job hands its results over in. By the beginning of the name.
FAMILIES = (
    # https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html (2026-11)
    "AWS_",
    # HCP Terraform, its provider, its runs, and what it was called before.
    # https://developer.hashicorp.com/terraform/cloud-docs/run/run-environment (2026-11)
    "TFC_",
    "TFE_",
    "ATLAS_",
    "HCP_",
    # https://developer.hashicorp.com/vault/docs/commands#environment-variables (2026-11), and the
    # same of Consul and Nomad.
    "VAULT_",
    "CONSUL_",
    "NOMAD_",
    # https://developer.hashicorp.com/terraform/language/backend/gcs (2026-11)
    "GOOGLE_",
    "GCLOUD_",
    "GCP_",
    "CLOUDSDK_",
    # https://developer.hashicorp.com/terraform/language/backend/azurerm (2026-11); a managed
    # identity is IDENTITY_ENDPOINT and IDENTITY_HEADER, or MSI_...
    "ARM_",
    "AZURE_",
    "IDENTITY_",
    "MSI_",
    # The other backends: https://developer.hashicorp.com/terraform/language/backend (2026-11)
    "ALIBABA_CLOUD_",
    "ALICLOUD_",
    "KUBE",
    "OCI_",
    "OS_",
    "PG",
    "TENCENTCLOUD_",
    # https://docs.github.com/actions/reference/workflows-and-actions/variables (2026-11),
    # https://docs.gitlab.com/ci/variables/predefined_variables/ (2026-11), and other CI.
    "ACTIONS_",
    "BITBUCKET_",
    "BUILDKITE_",
    "CI_",
    "CIRCLE_",
    "GH_",
    "GITHUB_",
    "GITLAB_",
    "JENKINS_",
)

# Anything else that says of itself that it is one: NPM_TOKEN, DB_PASSWORD, SSH_AUTH_SOCK.
SECRET = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|APIKEY|(^|_)(AUTH|JWT|KEYS?|PAT)(_|$)",
    re.IGNORECASE,
)

# https://developer.hashicorp.com/terraform/cli/config/environment-variables (2026-11). Not among
# them: TF_TOKEN_ and TF_CLOUD_; TF_CLI_ARGS (a backend's configuration, a variable's value);
# TF_VAR_ (secrets as a rule, and no stack of ours takes one outside HCP Terraform); TF_HTTP_ (a
# backend and its password); TF_REATTACH_PROVIDERS (a provider that somebody else has started).
OF_TERRAFORM = (
    "TF_CLI_CONFIG_FILE",
    "TF_DATA_DIR",
    "TF_IGNORE",
    "TF_IN_AUTOMATION",
    "TF_INPUT",
    "TF_LOG",
    "TF_LOG_CORE",
    "TF_LOG_PATH",
    "TF_LOG_PROVIDER",
    "TF_PLUGIN_CACHE_DIR",
    "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
    "TF_REGISTRY_CLIENT_TIMEOUT",
    "TF_REGISTRY_DISCOVERY_RETRY",
    "TF_WORKSPACE",
)


def withheld(name: str) -> bool:
    """Return whether a command in the sandbox is not given the environment variable ``name``."""
    if name.startswith("TF_"):
        return name not in OF_TERRAFORM
    return name.startswith(FAMILIES) or SECRET.search(name) is not None

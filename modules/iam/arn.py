"""Amazon Resource Names, computed from names so that a policy is known before a plan."""

from dataclasses import dataclass

# An alternative of each partition, for regular expressions.
PARTITIONS = "aws|aws-cn|aws-eusc|aws-us-gov"
# What the hosts of services end with where it is not amazonaws.com: botocore 1.44,
# data/partitions.json (2026-11).
HOSTS = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}


def partition_of(region: str) -> str:
    """Return the partition of ``region``: ``aws``, ``aws-cn``, ``aws-eusc`` or ``aws-us-gov``.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    (2026-11): regions in China start with ``cn-``, those of GovCloud with ``us-gov-``; those of
    the European Sovereign Cloud with ``eusc-``.
    """
    if region.startswith("eusc-"):
        return "aws-eusc"
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def account_of(arn: str) -> str:
    """Return the account in ``arn``; empty where it has none, as that of a bucket."""
    return (arn.split(":") + [""] * 5)[4]


def bucket(partition: str, name: str) -> str:
    """Return the ARN of an S3 bucket; bucket ARNs carry neither region nor account."""
    return f"arn:{partition}:s3:::{name}"


def objects(partition: str, name: str, prefix: str = "") -> str:
    """Return the ARN pattern of all objects of a bucket whose keys start with ``prefix``."""
    return f"arn:{partition}:s3:::{name}/{prefix}*"


def managed_policy(partition: str, name: str) -> str:
    """Return the ARN of a policy that AWS manages."""
    return f"arn:{partition}:iam::aws:policy/{name}"


@dataclass(frozen=True, slots=True)
class Arns:
    """Builds the ARNs of one account in one region.

    The formats are those of the Service Authorization Reference for Athena, Glue, S3 Tables and IAM
    (https://docs.aws.amazon.com/service-authorization/latest/reference/, 2026-11).
    """

    account: str
    region: str

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    def workgroup(self, name: str) -> str:
        return self._regional("athena", f"workgroup/{name}")

    def data_catalog(self, name: str) -> str:
        return self._regional("athena", f"datacatalog/{name}")

    def topic(self, name: str) -> str:
        return self._regional("sns", name)

    def alarm(self, name: str) -> str:
        return self._regional("cloudwatch", f"alarm:{name}")

    def glue_catalog(self, nested: str = "") -> str:
        return self._regional("glue", f"catalog/{nested}" if nested else "catalog")

    def glue_database(self, database: str) -> str:
        return self._regional("glue", f"database/{database}")

    def glue_tables(self, database: str) -> str:
        return self._regional("glue", f"table/{database}/*")

    def table_bucket(self, name: str) -> str:
        return self._regional("s3tables", f"bucket/{name}")

    def role(self, name: str, path: str = "/") -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{path}{name}"

    def policy(self, name: str, path: str = "/") -> str:
        return f"arn:{self.partition}:iam::{self.account}:policy{path}{name}"

    def key(self, name: str) -> str:
        return self._regional("kms", f"key/{name}")

    def bucket(self, name: str) -> str:
        return bucket(self.partition, name)

    def objects(self, name: str, prefix: str = "") -> str:
        return objects(self.partition, name, prefix)

    def _regional(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

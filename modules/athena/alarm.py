"""A limit on all that a workgroup's queries scan together: an alarm that tells a topic of SNS.

https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html
(2026-11): the workgroup-wide limit is an alarm on ProcessedBytes, hourly or daily, and tells; it
stops nothing.
"""

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from athena_gate.modules.account import Account
from athena_gate.modules.fields import KmsKeyArn, Settings, pattern
from athena_gate.modules.findings import Remark, Wrong
from athena_gate.modules.iam.arn import PARTITIONS, account_of
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.iam.todo import sid_of

PAGE = (
    "https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html"
)
CLOUDWATCH = "cloudwatch.amazonaws.com"
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

# https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html (2026-11): a name of up to 256; a
# FIFO topic, which ends in .fifo, takes alarms as well.
TopicArn = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):sns:[a-z0-9-]+:[0-9]{{12}}:[\w-]{{1,256}}(\.fifo)?",
        'the ARN of an SNS topic, as in "arn:aws:sns:eu-central-1:111122223333:athena-limits"',
        "GATE204",
    ),
]
_LEAST = 10 * 1024**2
_MOST = 7_000_000_000_000_000_000


def size(number: int) -> str:
    """Return a number of bytes in the largest unit that leaves at least one."""
    amount, unit = float(number), _UNITS[0]
    for unit in _UNITS:
        if amount < 1024 or unit == _UNITS[-1]:
            break
        amount /= 1024
    return f"{amount:.4g} {unit}"


class Alarm(Settings):
    """What tells when a workgroup's queries scan more, all together, than somebody expects."""

    bytes_per_hour: int | None = Field(
        None, ge=_LEAST, le=_MOST, description="Bytes that all queries together may scan an hour."
    )
    bytes_per_day: int | None = Field(
        None, ge=_LEAST, le=_MOST, description="Bytes that all queries together may scan a day."
    )
    topic: TopicArn | None = Field(
        None, description="The SNS topic that is told; one is made when it is left out."
    )
    kms_key: KmsKeyArn | None = Field(
        None, description="A KMS key to encrypt the topic made here with; its policy is a to-do."
    )

    @field_validator("kms_key")
    @classmethod
    def _of_a_topic_made_here(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("topic") is not None:
            raise Wrong("GATE301", "has no effect on a topic that exists; remove it")
        return value

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if not self.limits:
            raise Wrong(
                "GATE302",
                "names no limit; allowed: bytes_per_hour = 1099511627776, bytes_per_day = "
                "5497558138880, or both",
            )
        return self

    @property
    def limits(self) -> tuple[tuple[str, int, int], ...]:
        """Return each limit: ``hour`` or ``day``, its seconds, and the bytes."""
        found = (("hour", 3600, self.bytes_per_hour), ("day", 86400, self.bytes_per_day))
        return tuple((word, seconds, limit) for word, seconds, limit in found if limit)


def alarm_remarks(watched: "Watched | None") -> tuple[Remark, ...]:
    """Return what a reviewer should know of alarms."""
    if watched is None:
        return ()
    first = "" if watched.alarm.topic else ", and reaches nobody until somebody subscribes to it"
    text = f"an alarm tells {watched.topic}{first}; it stops no query"
    return (Remark("GATE731", "workgroup", text),)


def alarm_fits(alarm: Alarm | None, account: Account | None) -> None:
    """Raise ``ValueError`` unless the topic and key of ``alarm`` are in the region of
    ``account``, and Terraform takes their ARNs (`terraform validate`, provider 5.100, 2026-11).

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    (2026-11)
    """
    if alarm is None or account is None:
        return
    if account.arns.partition == "aws-eusc":
        raise Wrong(
            "GATE346",
            "alarm: the AWS provider 5.100 finds an invalid region in the ARN of the topic; remove "
            "it",
            ("alarm",),
        )
    for name in ("topic", "kms_key"):
        arn = getattr(alarm, name)
        region = arn.split(":")[3] if arn else account.region
        if region != account.region:
            raise Wrong(
                "GATE209",
                f"alarm: {name} is in {region}, and an alarm tells topics of its own region, "
                f"{account.region}",
                ("alarm", name),
            )
    if alarm.kms_key and account_of(alarm.kms_key) != account.id:
        raise Wrong(
            "GATE209",
            f"alarm: kms_key is in account {account_of(alarm.kms_key)}, and the topic is made in "
            f"{account.id}; name a key of that account",
            ("alarm", "kms_key"),
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """The alarms on the workgroup ``workgroup`` of a block whose things are called ``name``."""

    account: Account
    name: str
    workgroup: str
    alarm: Alarm

    def alarm_name(self, word: str) -> str:
        """Return what the alarm on an ``hour`` or a ``day`` is called."""
        return f"{self.name}-bytes-per-{word}"

    @property
    def alarms(self) -> tuple[str, ...]:
        """Return the ARNs of the alarms."""
        arns = self.account.arns
        return tuple(arns.alarm(self.alarm_name(word)) for word, _, _ in self.alarm.limits)

    @property
    def topic_name(self) -> str:
        """Return what a topic made here is called."""
        return f"{self.name}-limits"

    @property
    def topic(self) -> str:
        """Return the ARN of the topic that is told."""
        return self.alarm.topic or self.account.arns.topic(self.topic_name)

    @property
    def told(self) -> str:
        """Return the limits and whom the alarms tell, in words."""
        limits = " and ".join(
            f"{size(limit)} a{'n' * (word == 'hour')} {word}"
            for word, _, limit in self.alarm.limits
        )
        return f"{limits}; beyond that, {self.topic} is told"

    def publish(self) -> Policy:
        """Return the policy of the topic: CloudWatch, for these alarms, and nobody else.

        https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html (2026-11)
        """
        return Policy(
            (_allow(f"{sid_of([self.name])}Alarms", ("sns:Publish",), self.topic, self._for_these),)
        )

    def encrypt(self) -> Policy:
        """Return what the policy of the key of an encrypted topic must say.

        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html (2026-11): without it
        nothing is published, and nobody is told so.
        """
        key = self.alarm.kms_key or ""
        actions = ("kms:Decrypt", "kms:GenerateDataKey*")
        return Policy((_allow(f"{sid_of([self.name])}AlarmsTopic", actions, key, self._for_these),))

    @property
    def _for_these(self) -> tuple[Condition, ...]:
        return (
            Condition("StringEquals", "aws:SourceAccount", (self.account.id,)),
            Condition("ArnEquals", "aws:SourceArn", self.alarms),
        )


def _allow(
    sid: str, actions: tuple[str, ...], resource: str, conditions: tuple[Condition, ...]
) -> Statement:
    return Statement(
        "Allow",
        sid=sid,
        why="CloudWatch tells of these alarms, and of no others.",
        principals=(Principal("Service", CLOUDWATCH),),
        actions=actions,
        resources=(resource,),
        conditions=conditions,
    )

"""Alarms on what all queries of a workgroup scan, and the topic they tell."""

from athena_gate.modules.athena.alarm import Watched
from athena_gate.modules.bindings import (
    CloudwatchMetricAlarm,
    Construct,
    SnsTopic,
    SnsTopicPolicy,
)
from athena_gate.modules.iam.policy import TOPIC_POLICY_LIMIT


def alarms(scope: Construct, watched: Watched) -> None:
    """Make the alarms of ``watched``, and the topic unless it exists.

    The dimension is the workgroup alone, as the console makes such an alarm; without a query
    there is no metric, which is no alarm.
    https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html (2026-11)
    """
    if watched.alarm.topic is None:
        topic = SnsTopic(
            scope,
            "topic",
            name=watched.topic_name,
            kms_master_key_id=watched.alarm.kms_key,
        )
        SnsTopicPolicy(
            scope,
            "topic_policy",
            arn=topic.arn,
            policy=watched.publish().terraform_json(TOPIC_POLICY_LIMIT),
        )
    for word, seconds, limit in watched.alarm.limits:
        CloudwatchMetricAlarm(
            scope,
            f"alarm-{word}",
            alarm_name=watched.alarm_name(word),
            alarm_description=f"All queries in {watched.workgroup} together, in one {word}.",
            namespace="AWS/Athena",
            metric_name="ProcessedBytes",
            dimensions={"WorkGroup": watched.workgroup},
            statistic="Sum",
            period=seconds,
            evaluation_periods=1,
            threshold=limit,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            # Computed, not referred to: a set with one unknown value is unknown as a whole.
            alarm_actions=[watched.topic],
        )

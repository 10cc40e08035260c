"""The resources of a ``metronome`` block."""

from modules.athena.access_keys import access_keys
from modules.athena.bucket import PrivateBucket
from modules.athena.identity import managed_policies, role, user
from modules.athena.workgroup import workgroup
from modules.bindings import Construct
from modules.metronome.handoff import handoff
from modules.metronome.policies import access, trust
from modules.metronome.settings import MetronomeSettings

# Enforced, a workgroup refuses CREATE TABLE AS with an external_location
# (https://docs.aws.amazon.com/athena/latest/ug/workgroups-troubleshooting.html, 2026-11) and
# overrides the location the client asks for. It would gain nothing in exchange: the policy
# lets the vendor write to this one bucket, the bucket encrypts whatever it gets, and the limit on
# bytes holds either way
# (https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html).
# The location is still set, to where the guide says the vendor writes.
ENFORCE_WORKGROUP = False


class Metronome(Construct):
    """A destination bucket, and a role or a user with keys that writes exports into it.

    ``handoff`` holds what the vendor asks for, and ``encrypted_secrets`` the secret access keys
    by generation, each encrypted to the PGP key of the settings (base64); empty for a role.
    """

    def __init__(self, scope: Construct, construct_id: str, settings: MetronomeSettings) -> None:
        """Make everything ``settings`` asks for.

        Raises ``PolicyTooLarge`` when one statement alone is longer than AWS takes.
        """
        super().__init__(scope, construct_id)
        name, vendor = settings.resource_name, settings.vendor_name
        if settings.create_bucket:
            # The exports are the customer's: nothing deletes them, neither time nor a deleted
            # block (S3 refuses to delete a bucket that holds objects).
            PrivateBucket(
                self,
                "bucket",
                name=settings.bucket,
                partition=settings.account.arns.partition,
                kms_key=settings.kms_key,
                expire_after_days=settings.results_expire_after_days,
                expire_prefix=settings.results_prefix,
            )
        if settings.workgroup:
            workgroup(
                self,
                name,
                settings.workgroup,
                description=f"Queries of {vendor}",
                results_location=f"s3://{settings.bucket}/{settings.results_prefix}",
                results_owner=settings.account.id,
                results_key=settings.kms_key,
                enforce=ENFORCE_WORKGROUP,
            )
        policies = managed_policies(
            self,
            access(settings),
            name=name,
            path=settings.path,
            description=f"What {vendor} may do in Athena.",
        )
        self.handoff = handoff(settings)
        self.encrypted_secrets = {}
        if settings.keys is None:
            role(
                self,
                trust(settings),
                name=name,
                path=settings.path,
                description=f"{vendor} writes its exports as this role.",
                permissions_boundary=settings.permissions_boundary,
                policies=policies,
            )
            return
        made = user(
            self,
            name=name,
            path=settings.path,
            permissions_boundary=settings.permissions_boundary,
            policies=policies,
        )
        for generation, key in access_keys(self, made, settings.keys).items():
            self.handoff[f"access_key_id_{generation}"] = key.id
            self.encrypted_secrets[generation] = key.encrypted_secret


build = Metronome

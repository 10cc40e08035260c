"""What `gate init` must know, as flags or as questions: only what the vendor asked for needs."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter, ValidationError

from athena_gate.modules import fields
from athena_gate.modules.access import ways
from athena_gate.modules.access.profile import GOOGLE, Profile
from athena_gate.modules.athena.settings import read_public_key
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.backends import Hostname, Organization, Project
from athena_gate.stacks.configuration import Configuration
from athena_gate.stacks.integrations import Integration, Integrations, Vendor
from athena_gate.stacks.places import VENDORS

# Flags with what was given for each, by the flag's name without dashes; one that may be given once
# has one value.
Given = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """``flag`` names it, ``asks`` is what a person is asked, ``type`` what an answer must be.
    ``choices`` are all answers there are; ``default`` is one that need not be given, and
    ``optional`` whether there may be none."""

    flag: str
    asks: str
    type: Any = str
    many: bool = False
    choices: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    optional: bool = False


# Returns the answers to a question; the text is what was wrong with those before, if any.
Ask = Callable[[Question, str], tuple[str, ...]]


@dataclass(slots=True)
class Interview:
    """What was found out: the answers by flag, what no answer came for, and what is wrong."""

    given: Given
    ask: Ask | None
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    integration: Integration | None = None
    asked: set[str] = field(default_factory=set)

    def get(self, question: Question) -> tuple[str, ...]:
        """Return the answers to ``question``, none when there are none or wrong ones."""
        self.asked.add(question.flag)
        found = self.given.get(question.flag, ())
        if found:
            if problem := wrong(question, found):
                found = ()
                self.problems.append(f"--{question.flag.replace('_', '-')}: {problem}")
        elif len(question.choices) == 1:
            found = question.choices
        elif self.ask:
            found = self.ask(question, "") or question.default
            while problem := wrong(question, found):
                found = self.ask(question, problem) or question.default
        elif question.default or question.optional:
            found = question.default
        else:
            self.missing[question.flag] = question.asks
        if found:
            self.answers[question.flag] = found
        return found

    def word(self, question: Question) -> str:
        """Return the one answer to ``question``; empty when there is none."""
        return next(iter(self.get(question)), "")


def wrong(question: Question, answers: Sequence[str]) -> str:
    """Return what is wrong with ``answers``; empty when nothing is."""
    if not answers and not question.optional:
        return "an answer is needed"
    for answer in answers:
        if question.choices and answer not in question.choices:
            close = difflib.get_close_matches(answer[:100], question.choices, 1)
            hint = f"; did you mean {close[0]}?" if close else ";"
            listed = f"allowed: {', '.join(question.choices)}"
            allowed = listed if len(question.choices) < 8 else "`gate vendors` lists them"
            return f"{answer!r} is not known{hint} {allowed}"
        try:
            TypeAdapter(question.type).validate_python(answer)
        except ValidationError as error:
            return error.errors()[0]["msg"].removeprefix("Value error, ")
    return ""


def _source(value: str) -> str:
    bucket, prefix = source(value)
    TypeAdapter(fields.BucketName).validate_python(bucket)
    if prefix:
        TypeAdapter(fields.Prefix).validate_python(prefix)
    return value


def source(value: str) -> tuple[str, str]:
    """Return bucket and prefix of ``value``, as in ``acme-lake/sales``; the prefix ends in a slash
    and may be empty."""
    bucket, _, prefix = value.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix else ""


def _key(value: str) -> str:
    read_public_key(Path(value).expanduser())
    return value


_NAME = Question(
    "name", "a name for its block, as in reporting; it becomes part of every name", fields.BlockName
)
_ACCOUNT = Question("account", "the id of the AWS account the data lies in", fields.AccountId)
_ACCOUNT_NAME = Question(
    "account_name", "what gate.hcl calls that account", fields.BlockName, default=("main",)
)
_REGION = Question("region", "the account's region, as in eu-central-1", fields.Region)
_DATABASES = Question("database", "the Glue databases it may query", fields.GlueName, many=True)
_SOURCES = Question(
    "source",
    "where their tables lie: BUCKET or BUCKET/PREFIX",
    Annotated[str, AfterValidator(_source)],
    many=True,
)
_BUCKET = Question("bucket", "a name for the bucket it writes tables to", fields.BucketName)
_SCHEMA = Question("schema", "a name for the Glue database of its tables", fields.GlueName)
_KEY = Question(
    "pgp_key",
    "a file with the PGP public key that the access key's secret is encrypted to (`gpg --armor "
    "--export YOU`)",
    Annotated[str, AfterValidator(_key)],
)
_ROLE = Question("role_name", "the name of the role that it takes already", ways.RoleName)
_VENDORS_ROLE = Question(
    "principal", "the vendor's account or role, which it tells you", ways.PrincipalArn, many=True
)
_SUBJECT = Question(
    "subject", "whom the vendor's token is about (sub), which it tells you", ways.TokenClaim
)
_PROVIDER = Question("oidc_provider", "the ARN of the cluster's OIDC provider", ways.ProviderArn)
_NAMESPACE = Question("namespace", "the namespace of its service account", ways.KubernetesName)
_SERVICE_ACCOUNT = Question(
    "service_account", "the name of its service account", ways.KubernetesName
)
_OWN_ROLES = Question(
    "principal", "the ARNs of your roles and users that take its role", ways.OwnPrincipal, many=True
)
_STATE_BUCKET = Question("state_bucket", "a bucket you have, for states", fields.BucketName)
_ORGANIZATION = Question("organization", "the organization in HCP Terraform", Organization)
_PROJECT = Question("project", "the project there", Project, optional=True)
_HOSTNAME = Question("hostname", "the host of a Terraform Enterprise", Hostname, optional=True)


def interview(
    given: Given, folder: Path, known: Configuration | None, ask: Ask | None, pipeline: bool
) -> Interview:
    """Return what ``given`` says and ``ask`` answers of a vendor's block, its account and, where
    ``known`` is no configuration yet, the backend. ``folder`` has the vendors of the user's own;
    with a ``pipeline`` states cannot lie in files."""
    talk = Interview(given, ask)
    integrations = Integrations(folder.absolute() / VENDORS)
    vendor = Question("vendor", "who: a vendor of `gate vendors`", choices=tuple(integrations))
    talk.integration = integrations.get(talk.word(vendor))
    talk.get(_NAME)
    _account(talk, known)
    if isinstance(talk.integration, Vendor):
        try:
            block: Any = talk.integration.settings
        except ConfigurationError as error:
            talk.problems += str(error).splitlines()
            return talk
        _profile(talk, block.profile)
    elif talk.integration:
        for flag, asks in talk.integration.start.values():
            talk.get(Question(flag, asks, many=True))
    if known is None:
        _state(talk, pipeline)
    if talk.integration and not talk.missing and not talk.problems:
        # What has a use depends on the answers before.
        unused = [flag for flag in given if flag not in talk.asked]
        talk.problems += [f"--{flag.replace('_', '-')} has no use here" for flag in unused]
    return talk


def _account(talk: Interview, known: Configuration | None) -> None:
    """Find out the account: one that ``known`` has by its name alone, a new one with all of it."""
    accounts = known.accounts if known else {}
    flags = ("account_name", "account", "region")
    name, number, region = (next(iter(talk.given.get(flag, ())), "") for flag in flags)
    fitting = [
        one.name
        for one in accounts.values()
        if name in ("", one.name) and number in ("", one.id) and region in ("", one.region)
    ]
    if fitting:
        talk.asked.update(flags)
        asks = f"the account: {', '.join(fitting)}"
        talk.get(Question("account_name", asks, choices=tuple(fitting)))
        return
    if name in accounts:
        talk.problems.append(f"--account-name: {name} is another account, or in another region")
    talk.get(_ACCOUNT)
    talk.get(_REGION)
    talk.get(replace(_ACCOUNT_NAME, default=()) if "main" in accounts else _ACCOUNT_NAME)


def _profile(talk: Interview, profile: Profile) -> None:
    """Find out what a vendor's block needs."""
    if profile.cls == "tables":
        talk.get(_BUCKET)
        talk.get(_SCHEMA)
    else:
        talk.get(_DATABASES)
        if profile.reads_files:
            talk.get(replace(_SOURCES, optional=profile.cls == "metadata"))
    offered = tuple(profile.ways)
    way = talk.word(Question("way_in", f"how it gets in: {', '.join(offered)}", choices=offered))
    if way == "keys":
        talk.get(_KEY)
    elif way == "trusted":
        talk.get(_OWN_ROLES)
    elif way == "assumed_by" and profile.assumed_by:
        named = "principal" in talk.given
        if profile.assumed_by.existing and not named:
            talk.get(_ROLE)
            return
        talk.get(replace(_VENDORS_ROLE, optional=bool(profile.assumed_by.principals)))
        needed = profile.assumed_by.external_id == "required"
        asks = "the external id, which the vendor gives you"
        talk.get(Question("external_id", asks, ways.ExternalId, optional=not needed))
    elif way == "web_identity" and profile.web_identity:
        offer = profile.web_identity
        talk.get(replace(_SUBJECT, optional=offer.subject is not None))
        google = offer.issuer == GOOGLE
        what = "your organization's identifier in it" if google else "its audience (aud)"
        optional = google and offer.audience != "required"
        asks = f"{what}, which the vendor tells you"
        talk.get(Question("audience", asks, ways.TokenClaim, optional=optional))
    elif way == "runs_on" and profile.runs_on:
        if "role_name" in talk.given:
            talk.get(_ROLE)
            return
        places = tuple(profile.runs_on.on)
        asks = f"what it runs on: {', '.join(places)} (or --role-name, a role you have)"
        if talk.word(Question("on", asks, choices=places)) == "eks":
            for question in (_PROVIDER, _NAMESPACE, _SERVICE_ACCOUNT):
                talk.get(question)


def _state(talk: Interview, pipeline: bool) -> None:
    """Find out where states lie."""
    kinds = ("s3", "cloud") if pipeline else ("local", "s3", "cloud")
    asks = f"where states lie: {', '.join(kinds)}"
    match talk.word(Question("state", asks, choices=kinds, default=() if pipeline else ("local",))):
        case "s3":
            talk.get(_STATE_BUCKET)
            asks = "that bucket's region"
            default = talk.answers.get("region", ())
            talk.get(Question("state_region", asks, fields.Region, default=default))
        case "cloud":
            for question in (_ORGANIZATION, _PROJECT, _HOSTNAME):
                talk.get(question)

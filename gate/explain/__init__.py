"""`gate explain`: who may become whom in a synthesized stack, and what each may then do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from athena_gate.gate.explain import lake_formation, words
from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.attached import Document, Identity, ResourcePolicy, caller_with
from athena_gate.modules.iam.condition_keys import condition_key
from athena_gate.modules.iam.conditions import UnknownOperator
from athena_gate.modules.iam.decide import VPC_KEYS, Caller, Policies, Request, context_of, decide
from athena_gate.modules.iam.policy import MalformedPolicy, Policy, Statement, variables
from athena_gate.modules.iam.resource_policies import policy_elsewhere
from athena_gate.modules.iam.todo import ToDo, enough, same_name, statements


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement: as it stands in the policy, and in words. ``by`` is where it stands, as
    ``address Sid``; ``who`` is empty for the policy of an identity."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    does: str
    where: tuple[str, ...]
    when: str
    by: str
    who: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return the rule as a sentence."""
        who = f"{words.joined(self.who)} " if self.who else ""
        verb = "may" if self.effect == "Allow" else "may never"
        place = f": {words.joined(self.where)}" if self.where else ""
        when = f"; {self.when}" if self.when else ""
        return f"{who}{verb} {self.does}{place}{when}"


@dataclass(frozen=True, slots=True)
class Explained:
    """A user, role or policy of a stack: who may become it and what it may do, in words. ``lake``
    is what Lake Formation gives it, each as ``SELECT on all tables of sales``."""

    title: str
    arn: str
    becomes: tuple[str, ...]
    rules: tuple[Rule, ...]
    remarks: tuple[str, ...]
    lake: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A stack in words; ``resources`` are the resources that have policies of their own."""

    stack: str
    identities: tuple[Explained, ...]
    resources: tuple[Explained, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """Whether one identity may send a request: the answer, why, the statements it rests on, and
    the condition keys that would have to be known. It is "yes, if" where somebody else must do his
    part: ``conditions`` says what must be so, and the page that says that it must."""

    title: str
    answer: str
    reason: str
    by: tuple[str, ...]
    depends_on: tuple[str, ...]
    conditions: tuple[str, ...] = ()


def explain_stack(stack: Stack) -> Explanation:
    """Return ``stack`` in words."""
    return Explanation(
        stack.name,
        tuple(_identity(stack, one) for one in stack.identities),
        tuple(_resource(one) for one in stack.resource_policies if one.kind != "trust"),
    )


def _identity(stack: Stack, one: Identity) -> Explained:
    remarks = [
        f"also has what {arn.rsplit('/', 1)[-1]} grants, which is not in the stack"
        for arn in one.aws_managed
    ]
    if one.boundary:
        remarks.append(f"is bounded by {one.boundary}, which is not in the stack")
    return Explained(
        f"{one.kind} {one.name}",
        one.arn,
        tuple(_becomes(one)),
        tuple(_rules(one.policies, one.account, named=False)),
        tuple(remarks),
        tuple(grant.says for grant in stack.lake_grants if grant.principal == one.arn),
    )


def _becomes(one: Identity) -> Iterator[str]:
    """Yield who may become ``one``."""
    if one.kind == "policy":
        yield "whoever it is attached to; nobody is here"
    elif one.kind == "application":
        yield "the function that AWS's application makes"
    elif one.kind == "user":
        keys = len(one.access_keys)
        what = f"{keys} access keys" if keys != 1 else "its access key"
        yield f"whoever has {what if keys else 'credentials made elsewhere'}"
    elif one.trust is None:
        yield "whoever its trust policy names, which is not in this stack"
    for statement in one.trust.policy.statements if one.trust else ():
        who = words.joined(map(words.principal, statement.principals or ()), "or") or "everyone but"
        when = f", {words.conditions(statement.conditions)}" if statement.conditions else ""
        yield f"{who}{when}" if statement.effect == "Allow" else f"never {who}{when}"
    for profile in one.instance_profiles:
        yield f"EC2 instances with the instance profile {profile}"


def _resource(place: ResourcePolicy) -> Explained:
    titles = {"bucket": "bucket", "key": "KMS key", "function": "function", "topic": "SNS topic"}
    title = titles.get(place.kind, "policy")
    name = place.arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1] if place.arn != "*" else place.address
    return Explained(
        f"{title} {name}",
        place.arn,
        (),
        tuple(_rules(place.documents, place.account, named=True)),
        (),
    )


def _rules(documents: Iterable[Document], account: str, named: bool) -> Iterator[Rule]:
    """Yield the statements of ``documents``; with ``named`` they are of a resource in ``account``
    and name principals."""
    for document in documents:
        for statement in document.policy.statements:
            actions = statement.actions or tuple(f"not {a}" for a in statement.not_actions)
            resources = statement.resources or tuple(f"not {r}" for r in statement.not_resources)
            does, where = _does(statement, account, itself=named)
            who = tuple(words.principal(one) for one in statement.principals)
            if statement.not_principals:
                others = words.joined(map(words.principal, statement.not_principals))
                who = (f"everyone but {others}",)
            yield Rule(
                statement.effect,
                actions,
                resources,
                does,
                where,
                words.conditions(statement.conditions),
                document.place(statement),
                who if named else (),
            )


def _does(statement: Statement, account: str, itself: bool) -> tuple[str, tuple[str, ...]]:
    """Return what a statement speaks of in words, and where."""
    does = words.verbs(statement.actions)
    if statement.not_actions:
        does = f"do everything but {words.joined(statement.not_actions)}"
    where = tuple(words.resource(pattern, account) for pattern in statement.resources)
    if statement.not_resources:
        outside = (words.resource(pattern, account) for pattern in statement.not_resources)
        where = (f"everything but {words.joined(outside)}",)
    if statement.effect == "Deny":
        does = does.replace("do everything", "do anything")
    if statement.resources == ("*",):
        where = ("this one",) if itself else where
        if listed := words.lists(statement.actions):
            return listed, ()
        if statement.actions == ("*",):
            return does, ()
    return does, where


def question(text: str, given: Iterable[str]) -> tuple[str, str, dict[str, tuple[str, ...]]]:
    """Return action, resource and context of ``ACTION RESOURCE`` and some ``KEY=VALUE``; a key
    given twice has both values, and one without a value is absent.

    Raises ``ValueError`` for a text that is written otherwise.
    """
    action, _, resource = text.strip().partition(" ")
    if not resource:
        raise ValueError(
            f'--can {text!r}: write action and resource, as in "s3:GetObject arn:aws:s3:::lake/x"'
        )
    context: dict[str, tuple[str, ...]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise ValueError(
                f"--context {one!r}: write KEY=VALUE, or KEY= when the request has no such key"
            )
        context[key] = (*context.get(key, ()), *([value] if value else []))
    return action, resource.strip(), context


def can(
    stack: Stack,
    action: str,
    resource: str,
    context: Mapping[str, tuple[str, ...]],
    todos: Sequence[ToDo] = (),
) -> tuple[Said, ...]:
    """Return for each identity of ``stack`` whether it may do ``action`` on ``resource`` (an ARN,
    or ``*``) when the request has the condition keys of ``context``; an empty one is absent.

    Of a resource that is not in the stack and that one of ``todos`` governs, the policy is taken to
    say what is to be done. Keys that policies look at and ``context`` does not hold are not known,
    but for those that follow from who asks, and aws:SecureTransport, which is taken to be true.
    Raises ``ValueError`` for an action that AWS lacks or that never works on ``resource``, and for
    a context that cannot be.
    """
    resource, checked = _by_access_point(resource, todos)
    behind = _behind_access_points(resource, todos)
    _check(action, resource, context)
    identities = (one for one in stack.identities if one.kind in ("user", "role", "policy"))
    said = (_said(stack, one, action, resource, context, todos) for one in identities)
    return tuple(
        replace(one, reason=f"{one.reason}{checked or (behind if one.answer == 'no' else '')}")
        for one in said
    )


def _by_access_point(resource: str, todos: Sequence[ToDo]) -> tuple[str, str]:
    """Return what S3 checks where ``resource`` is named by the alias of one of the access points of
    ``todos``, and that in words; of any other resource itself.

    Raises ``ValueError`` for an object of one that is written as that of a bucket.
    """
    for todo in todos:
        if not todo.alias:
            continue
        bucket, slash, key = resource.partition("/")
        if bucket == todo.alias:
            checked = f"{todo.by}/object/{key}" if slash else todo.by
            return checked, f"; the alias is that of an access point: S3 checks {checked}"
        if resource.startswith(f"{todo.by}/") and not resource.startswith(f"{todo.by}/object/"):
            key = resource.removeprefix(f"{todo.by}/")
            raise ValueError(
                f"{resource}: an object of an access point is written with /object/; did you mean "
                f"{todo.by}/object/{key}?"
            )
    return resource, ""


def _behind_access_points(resource: str, todos: Sequence[ToDo]) -> str:
    """Return how to ask for what access points of ``todos`` lead to, for a question about a bucket
    that nothing allows: it may be the one behind."""
    points = [f"{todo.by}/object/KEY" for todo in todos if todo.alias]
    if not points or ":s3:::" not in resource:
        return ""
    return f"; what is read by access point is {words.joined(points, 'or')}"


def _check(action: str, resource: str, context: Mapping[str, tuple[str, ...]]) -> None:
    if "*" in action or "?" in action:
        raise ValueError(f"{action!r}: expected one action, such as s3:GetObject")
    if not aws.exists(action):
        meant = aws.meant(action)
        raise ValueError(
            f"AWS has no action {action}" + (f"; did you mean {meant}?" if meant else "")
        )
    if aws.grants_nothing(action, resource):
        forms = " or ".join(aws.resource_forms(action) or ())
        raise ValueError(
            f"{action} does not work on {resource}; "
            + (f"it works on {forms}" if forms else "it takes no resource: write *")
        )
    for key, values in context.items():
        if not values and condition_key(key).sent == "every request":
            raise ValueError(f"--context {key}=: AWS sends {key} with every request")
    known = {key.lower(): values for key, values in context.items()}
    through = next((key for key in context if key.lower() in _BY_SERVICES and context[key]), "")
    if through and known.get("aws:viaawsservice") == ("false",):
        raise ValueError(
            f"--context aws:ViaAWSService=false: a request with {through} is made by a service"
        )


# Of requests only that a service makes for somebody:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html and
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html (2026-11).
_BY_SERVICES = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "kms:viaservice")


def _said(
    stack: Stack,
    one: Identity,
    action: str,
    resource: str,
    context: Mapping[str, tuple[str, ...]],
    todos: Sequence[ToDo],
) -> Said:
    place = stack.policy_of(resource)
    opened, doubt = (place.policy, "") if place else policy_elsewhere(resource)
    account = place.account if place else one.account
    # In its own account, what others are let in by says nothing of who asks.
    of_others = (todo for todo in todos if todo.policy and todo.account != one.account)
    theirs = () if place else tuple(todo for todo in of_others if todo.governs(resource))
    if theirs:
        doubt, account = "", theirs[0].account
    owner = account_of(resource)
    elsewhere = owner.isdigit() and owner != account and place is None
    own = tuple(document.policy for document in one.policies)
    given = {key.lower() for key in context}
    asked = _keys((*own, statements(theirs), *([opened] if opened else [])))
    if "aws:securetransport" not in given:
        context = {**context, "aws:SecureTransport": ("true",)}
    # Decided from who asks, or not known, where AWS always sends them.
    unknown = {key for key in asked.values() if condition_key(key).sent == "some requests"}
    caller = _caller(one, todos)
    if one.kind == "policy" and caller == one.caller:
        # Of whom it is attached to nothing is known.
        unknown |= {"aws:PrincipalArn", "aws:PrincipalType", "aws:username"}
    if any(values for key, values in context.items() if key.lower() == "aws:sourceip"):
        # A request through a VPC endpoint has no aws:SourceIp.
        unknown = {key for key in unknown if key.lower() not in VPC_KEYS}
    request = Request(
        caller,
        action,
        resource,
        account,
        context,
        frozenset(key for key in unknown if key.lower() not in given),
    )
    title = f"{one.kind} {one.name}"
    try:
        decision = decide(request, Policies(own, opened))
        if decision.answer == "denied" and theirs:
            theirs = enough(theirs, lambda said: _allowed(request, Policies(own, said)))
            before = opened.statements if opened else ()
            opened = Policy((*before, *statements(theirs).statements))
            decision = decide(request, Policies(own, opened))
        else:
            theirs = ()
    except (MalformedPolicy, UnknownOperator) as error:
        return Said(title, "unknown", str(error), (), ())
    answer, reason = decision.answer, decision.reason
    open_keys = context_of(request).unknown
    depends = [
        key
        for low, key in sorted(asked.items())
        if answer == "unknown"
        and low in open_keys
        and any(_mentions(statement, key) for statement in decision.by)
    ]
    documents = (*one.policies, *(place.documents if place else ()))
    if answer == "denied" and one.aws_managed and reason.startswith("implicit deny"):
        names = words.joined(arn.rsplit("/", 1)[-1] for arn in one.aws_managed)
        answer, reason = "unknown", f"what {names} grants is not in the stack"
    if answer == "allowed" and doubt and action.lower().startswith("sts:") and decision.by:
        answer, reason = "unknown", doubt
    if answer == "allowed" and one.boundary and decision.by:
        answer, reason = "unknown", f"what {one.boundary} takes away is not in the stack"
    if answer == "allowed" and elsewhere and opened is None:
        answer, reason = "unknown", f"account {owner} must allow it too; its part is not known here"
    word = {"allowed": "yes", "denied": "no", "unknown": "unknown"}[answer]
    conditions: tuple[str, ...] = ()
    if decision.answer == "allowed":
        stops = tuple(todo for todo in todos if todo.stops(action, resource, one.arn, context))
        said = (f"{todo.says}: {todo.page}" for todo in (*stops, *theirs))
        conditions = tuple(dict.fromkeys(said))
    if answer == "allowed":
        if conditions:
            word, reason = "yes, if", "allowed on this side"
        if not any("lake-formation" in todo.name for todo in stops):
            lake = _in_lake_formation(stack, one, action, resource, word, reason)
            word, reason, conditions = *lake[:2], (*conditions, *lake[2])
    return Said(
        title,
        word,
        reason.removeprefix("implicit deny: "),
        tuple(
            document.place(statement)
            for document in documents
            for statement in document.policy.statements
            if statement in decision.by
        ),
        tuple(depends),
        conditions,
    )


def _caller(one: Identity, todos: Sequence[ToDo]) -> Caller:
    """Return who calls with the policies of ``one``: of a policy, whom it is to be attached to as
    ``todos`` say; a role from elsewhere, of which the stack does not know the path, as they name
    it."""
    for todo in todos:
        for rests in todo.rests:
            if todo.by and rests.actions == ("*",) and same_name(rests.by, one.arn):
                return caller_with("role", todo.by)
    return one.caller


def _allowed(request: Request, policies: Policies) -> bool:
    return decide(request, policies).answer == "allowed"


def _in_lake_formation(
    stack: Stack,
    one: Identity,
    action: str,
    resource: str,
    word: str,
    reason: str,
) -> tuple[str, str, tuple[str, ...]]:
    """Return the answer to a request that IAM allows, why, and on what it rests, for an identity
    that may ask Lake Formation for data; of the others nothing is said."""
    asks = Request(one.caller, lake_formation.DATA, "*", one.account)
    own = tuple(document.policy for document in one.policies)
    if decide(asks, Policies(own, None)).answer == "denied":
        return word, reason, ()
    grants = [grant for grant in stack.lake_grants if grant.principal == one.arn]
    if action.lower() == lake_formation.DATA.lower():
        given = words.joined(f"{grant.says}" for grant in grants) or "what others have granted"
        return word, f"{reason}; for what Lake Formation gives it: {given}", ()
    if account_of(resource) != one.account:
        return word, reason, ()
    grant, missing = lake_formation.resting_on(grants, action, resource)
    if grant is not None:
        return word, f"{reason}, and Lake Formation gives it {grant.says}", ()
    if missing:
        says = f"Lake Formation gives it {missing}, where it governs that: {lake_formation.PAGE}"
        return "yes, if", "allowed by IAM", (says,)
    return word, reason, ()


def _keys(policies: Iterable[Policy]) -> dict[str, str]:
    """Return the condition keys that ``policies`` look at, by their names in lower case."""
    return {
        key.lower(): key
        for policy in policies
        for statement in policy.statements
        for key in _of_statement(statement)
    }


def _of_statement(statement: Statement) -> Iterator[str]:
    """Yield the keys of the conditions of a statement, and those of its variables."""
    texts = [*statement.resources, *statement.not_resources]
    for condition in statement.conditions:
        yield condition.key
        texts += condition.values
    for name in (name for text in texts for name in variables(text)):
        if name not in ("*", "?", "$"):
            yield name


def _mentions(statement: Statement, key: str) -> bool:
    return any(one.lower() == key.lower() for one in _of_statement(statement))

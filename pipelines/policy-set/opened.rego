# Denies what the policies of roles, buckets, keys and functions allow to anyone but whom the
# integration lets in. Names of roles and users stand in gate.hcl alone; that they are names is
# demanded here, so that nobody lets in everyone or a whole account.
package terraform.policies.athena_gate.opened

import data.terraform.policies.athena_gate.access
import data.terraform.policies.athena_gate.grants
import data.terraform.policies.athena_gate.plan
import rego.v1

role_or_user(place) := concat("", [`^arn:`, plan.owner.partition, `:iam::`, place, `:(role|user)/[A-Za-z0-9_+=,.@/-]+$`])

some_name(id) if regex.match(role_or_user("[0-9]{12}"), id)

consumers_name(id) if {
	plan.kind == "dynamodb_connector"
	regex.match(role_or_user(plan.consumer.account), id)
}

owners(id) if id in {plan.owner.account, concat("", ["arn:", plan.owner.partition, ":iam::", plan.owner.account, ":root"])}

# Each entry: whom, with which actions, on which condition, on which resources (a trust policy and
# that of a key speak of their own), and the claim behind it.
trusts("immuta", _) := {"whom": "the service ec2.amazonaws.com", "actions": {"sts:assumerole"}}

trusts("metronome", _) := {"whom": "accounts.google.com", "actions": {"sts:assumerolewithwebidentity"}}

trusts("dbt", _) := {"whom": "roles and users by their full ARN", "actions": {"sts:assumerole"}}

trusts("dynamodb_connector", address) := {"whom": "the service lambda.amazonaws.com", "actions": {"sts:assumerole"}} if access.runs_function(address)

trusts("dynamodb_connector", address) := {"whom": "the owner's account", "actions": {"sts:assumerole"}} if not access.runs_function(address)

trusted("immuta", _, ["Service", id]) if id in {"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}

trusted("metronome", _, ["Federated", "accounts.google.com"]) := true

trusted("dbt", _, ["AWS", id]) if some_name(id)

trusted("dynamodb_connector", address, ["Service", "lambda.amazonaws.com"]) if access.runs_function(address)

trusted("dynamodb_connector", address, ["AWS", id]) if {
	not access.runs_function(address)
	owners(id)
}

whom(address) := text if {
	text := trusts(plan.kind, address).whom
} else := "nobody: the integration makes no role"

statements_of_type(type) := {[address, statement] |
	some address in object.keys(plan.of_type(type))
	some statement in plan.allows[address]
}

nobody_else := {
	"immuta": "nobody-else",
	"metronome": "nobody-else",
	"dbt": "nobody-else",
	"dot": "nobody-else",
	"dynamodb_connector": "nobody-else-share",
}

claim_on_trust(address) := "nobody-else-connector" if access.runs_function(address)

claim_on_trust(address) := nobody_else[plan.kind] if not access.runs_function(address)

deny contains message if {
	some [address, statement] in statements_of_type("aws_iam_role")
	strangers := {name |
		some principal in statement.principals
		not trusted(plan.kind, address, principal)
		name := concat(" ", principal)
	}
	count(strangers) > 0
	message := concat("", [plan.where(address, statement), ": lets ", plan.joined(strangers), " take the role; allowed: ", whom(address), " [", claim_on_trust(address), "]"])
}

deny contains message if {
	some [address, statement] in statements_of_type("aws_iam_role")
	actions := {action |
		some action in statement.actions
		not lower(action) in trusts(plan.kind, address).actions
	}
	count(actions) > 0
	message := concat("", [plan.where(address, statement), ": allows ", plan.joined(actions), "; a trust policy lets take the role and no more [role-only]"])
}

deny contains message if {
	plan.kind == "metronome"
	some [address, statement] in statements_of_type("aws_iam_role")
	not one_token(statement)
	message := concat("", [plan.where(address, statement), ": any Google account takes the role; compare accounts.google.com:sub with one numeric id by StringEquals [no-other-token]"])
}

one_token(statement) if {
	some condition in statement.conditions
	condition[0] == "stringequals"
	condition[1] == "accounts.google.com:sub"
	count(condition[2]) == 1
	every id in condition[2] {
		regex.match(`^[0-9]+$`, id)
	}
}

# The profile handed over holds the external id where gate.hcl has one. Its text is known only after
# apply, but a plan of JSON syntax repeats it in the configuration.
profiles contains input.plan.configuration.root_module.outputs.handoff.expression.constant_value.aws_config_profile

profiles contains input.plan.output_changes.handoff.after.aws_config_profile

external_ids contains trim_prefix(line, "external_id = ") if {
	some profile in profiles
	some line in split(profile, "\n")
	startswith(line, "external_id = ")
}

deny contains message if {
	plan.kind == "dbt"
	count(external_ids) > 0
	some [address, statement] in statements_of_type("aws_iam_role")
	not plan.demands(statement, "stringequals", "sts:externalid", external_ids)
	message := concat("", [plan.where(address, statement), ": opens without the external id; compare sts:ExternalId by StringEquals [external-id]"])
}

# What is open to readers from another account: spilled data, and the key it is encrypted with.
openings contains {"of": "aws_s3_bucket_policy", "actions": {"s3:getobject"}, "resources": {grants.spill_objects}}

openings contains {
	"of": "aws_s3_bucket_policy",
	"actions": {"s3:listbucket"},
	"resources": {grants.spill_bucket},
	"conditions": {["stringlike", "s3:prefix", {concat("", [grants.spill.spill_prefix, "/*"])}]},
	"without": "opened-prefix"
}

openings contains {
	"of": "aws_kms_key",
	"actions": {"kms:decrypt"},
	"resources": {"*"},
	"conditions": grants.via_s3,
	"without": "opened-key"
}

claims_on_stranger := {"aws_s3_bucket_policy": "nobody-else", "aws_kms_key": "nobody-else-keys"}

opened_statements contains [type, address, statement] if {
	some type in ["aws_s3_bucket_policy", "aws_kms_key"]
	some [address, statement] in statements_of_type(type)
	not owners_key(type, statement)
}

# AWS's default: the owner's own policies decide.
owners_key("aws_kms_key", statement) if {
	count(statement.principals) > 0
	every principal in statement.principals {
		principal[0] == "AWS"
		owners(principal[1])
	}
}

deny contains message if {
	some [type, address, statement] in opened_statements
	strangers := {name |
		some principal in statement.principals
		not reader(principal)
		name := concat(" ", principal)
	}
	count(strangers) > 0
	message := concat("", [plan.where(address, statement), ": lets in ", plan.joined(strangers), "; allowed: roles and users of the connector's consumer by their full ARN, and nobody with other integrations [", claims_on_stranger[type], "]"])
}

reader(principal) if {
	principal[0] == "AWS"
	consumers_name(principal[1])
}

deny contains message if {
	some [type, address, statement] in opened_statements
	some action in statement.actions
	some resource in statement.resources
	count(opening(type, action, resource)) == 0
	message := concat("", [plan.where(address, statement), ": opens ", action, " on ", resource, "; allowed: reading and listing what the connector spills [opened]"])
}

deny contains message if {
	some [type, address, statement] in opened_statements
	some action in statement.actions
	some resource in statement.resources
	some entry in opening(type, action, resource)
	not access.held(entry, statement)
	some condition in entry.conditions
	message := concat("", [plan.where(address, statement), ": opens ", action, " without the condition it needs: ", condition[0], " ", condition[1], " of ", plan.joined(condition[2]), " [", entry.without, "]"])
}

opening(type, action, resource) := [entry |
	some entry in openings
	entry.of == type
	lower(action) in entry.actions
	access.fits(entry, resource)
]

deny contains message if {
	some address, permission in plan.of_type("aws_lambda_permission")
	not consumers_name(object.get(permission, "principal", ""))
	message := concat("", [address, ": lets ", object.get(permission, "principal", "whoever is known after apply"), " call the function; allowed: roles and users of the consumer by their full ARN [nobody-else]"])
}

deny contains message if {
	some address, permission in plan.of_type("aws_lambda_permission")
	not permission.action == "lambda:InvokeFunction"
	message := concat("", [address, ": opens ", object.get(permission, "action", "what is known after apply"), "; allowed: lambda:InvokeFunction [opened]"])
}

deny contains message if {
	some address, permission in plan.of_type("aws_lambda_permission")
	not permission.function_name in grants.functions
	message := concat("", [address, ": opens a function that is not of this plan [opened]"])
}

# An organization is named everywhere or nowhere.
organizations contains id if {
	some [_, _, statement] in opened_statements
	some condition in statement.conditions
	condition[1] == "aws:principalorgid"
	some id in condition[2]
}

organizations contains permission.principal_org_id if {
	some permission in plan.of_type("aws_lambda_permission")
	is_string(permission.principal_org_id)
}

deny contains message if {
	count(organizations) > 0
	some [_, address, statement] in opened_statements
	not plan.demands(statement, "stringequals", "aws:principalorgid", organizations)
	message := concat("", [plan.where(address, statement), ": opens to readers that have left the organization; compare aws:PrincipalOrgID by StringEquals as elsewhere in this plan [organization]"])
}

deny contains message if {
	count(organizations) > 0
	some address, permission in plan.of_type("aws_lambda_permission")
	not permission.principal_org_id in organizations
	message := concat("", [address, ": opens to readers that have left the organization; set principal_org_id [organization]"])
}

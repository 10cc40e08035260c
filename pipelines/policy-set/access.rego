# Denies what users and roles are granted beyond grants.rego. A grant is accepted only when an entry
# holds all of it: a wildcard in an action is in none, whatever it would match.
package terraform.policies.athena_gate.access

import data.terraform.policies.athena_gate.grants
import data.terraform.policies.athena_gate.plan
import rego.v1

identity_types := {"aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy"}

grants_of[address] contains statement if {
	some address, statements in plan.allows
	plan.resources[address].type in identity_types
	some statement in statements
}

# Who has the policy at this address. A connector's policies serve three.
holders[address] contains plan.kind if {
	some address, _ in grants_of
	plan.kind != "dynamodb_connector"
}

holders[address] contains holder if {
	some address, _ in grants_of
	plan.kind == "dynamodb_connector"
	some holder in connected(address)
}

connected(policy) := found if {
	found := object.get(attached, policy, set()) | object.get(in_role, policy, set())
	count(found) > 0
} else := {"readers"}

attached[policy] contains holder if {
	some policy, _ in grants_of
	some attachment, _ in plan.resources
	refers(attachment, "policy_arn", policy)
	holder := holder_named(attachment)
}

in_role[policy] contains holder if {
	some policy, _ in grants_of
	plan.configured[policy].expressions.role
	holder := holder_named(policy)
}

roles := object.keys(plan.of_type("aws_iam_role"))

# The role that runs the function is the connector's, any other made here shares the catalog, and
# those from elsewhere are readers.
holder_named(address) := "connector" if {
	some role in roles
	refers(address, "role", role)
	runs_function(role)
} else := "sharing" if {
	some role in roles
	refers(address, "role", role)
} else := "readers"

runs_function(role) if {
	some function, _ in plan.of_type("aws_lambda_function")
	refers(function, "role", role)
}

refers(address, name, other) if other in plan.configured[address].expressions[name].references

known_actions[holder] contains action if {
	some entry in grants.allowances
	holder := entry.to
	some action in entry.actions
}

possible(holder, action) := [entry |
	some entry in grants.allowances
	entry.to == holder
	lower(action) in entry.actions
]

fits(entry, resource) if {
	resource in entry.resources
}

fits(entry, resource) if {
	some known in entry.resources
	known != "*"
	endswith(known, "*")
	startswith(resource, trim_suffix(known, "*"))
}

fits(entry, resource) if {
	some pattern in entry["some"]
	regex.match(concat("", ["^(", pattern, ")$"]), resource)
}

fitting(entries, resource) := [entry |
	some entry in entries
	fits(entry, resource)
]

held(entry, statement) if {
	every condition in object.get(entry, "conditions", set()) {
		plan.demands(statement, condition[0], condition[1], condition[2])
	}
}

# One message for the actions of a statement that are at fault for the same reason.
together(findings, finding) := plan.joined({one.action |
	some one in findings
	object.remove(one, ["action"]) == object.remove(finding, ["action"])
})

foreign contains {
	"at": plan.where(address, statement),
	"holder": holder,
	"action": action,
	"claim": grants.claim_on(holder, lower(action))
} if {
	some address, statements in grants_of
	some statement in statements
	some holder in holders[address]
	some action in statement.actions
	not lower(action) in known_actions[holder]
}

deny contains message if {
	some finding in foreign
	message := concat("", [
		finding.at,
		": ",
		together(foreign, finding),
		" is none of the actions that ",
		called[finding.holder],
		" may ever have; name actions one by one, and drop what is not needed [",
		finding.claim,
		"]"
	])
}

called := {
	"dot": "Dot",
	"immuta": "Immuta",
	"metronome": "Metronome",
	"dbt": "dbt",
	"readers": "a reader of the connector",
	"connector": "the connector",
	"sharing": "the Share role"
}

misplaced contains {
	"at": plan.where(address, statement),
	"action": action,
	"resource": resource,
	"claim": entries[0].on,
	"allowed": allowed(entries)
} if {
	some address, statements in grants_of
	some statement in statements
	some holder in holders[address]
	some action in statement.actions
	entries := possible(holder, action)
	count(entries) > 0
	some resource in statement.resources
	count(fitting(entries, resource)) == 0
}

allowed(entries) := plan.joined({text |
	some entry in entries
	some text in object.get(entry, "resources", set()) | object.keys(object.get(entry, "some", {}))
})

deny contains message if {
	some finding in misplaced
	message := concat("", [
		finding.at,
		": ",
		together(misplaced, finding),
		" on ",
		finding.resource,
		"; allowed on ",
		finding.allowed,
		" [",
		finding.claim,
		"]"
	])
}

unconditional contains {
	"at": plan.where(address, statement),
	"action": action,
	"claim": claim,
	"needed": condition
} if {
	some address, statements in grants_of
	some statement in statements
	some holder in holders[address]
	some action in statement.actions
	some resource in statement.resources
	candidates := possible(holder, action)
	entries := fitting(candidates, resource)
	count(entries) > 0
	count([entry | some entry in entries; held(entry, statement)]) == 0
	claim := entries[0].without
	condition := needed(entries)
}

needed(entries) := plan.joined({text |
	some entry in entries
	some condition in entry.conditions
	text := concat(" ", [condition[0], condition[1], "of", plan.joined(condition[2])])
})

deny contains message if {
	some finding in unconditional
	message := concat("", [
		finding.at,
		": ",
		together(unconditional, finding),
		" without the condition ",
		finding.needed,
		" [",
		finding.claim,
		"]"
	])
}

deny contains message if {
	some address, statements in grants_of
	some statement in statements
	some part in ["actions", "resources"]
	count(statement[part]) == 0
	message := concat("", [plan.where(address, statement), ": names no ", part, "; it has to [no-other-service]"])
}

# What is attached has to stand in this plan: what AWS or another stack puts into a policy cannot be
# read here, and may change.
attachments := {"aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment"}

deny contains message if {
	some address, resource in plan.resources
	resource.type in attachments
	not attaches_own(address)
	message := concat("", [address, ": attaches ", object.get(resource.change.after, "policy_arn", "what is not known before apply"), ", which is not a policy of this plan; grant what is needed in one that is [no-other-service]"])
}

# An expression around the reference could make another ARN of it.
attaches_own(address) if {
	some policy, after in plan.of_type("aws_iam_policy")
	refers(address, "policy_arn", policy)
	expression := plan.configured[address].expressions.policy_arn
	plain := concat("", ["${", policy, ".arn}"])
	object.get(expression, "constant_value", plain) == plain
	known := object.get(plan.resources[address].change.after, "policy_arn", null)
	known in {null, object.get(after, "arn", known)}
}

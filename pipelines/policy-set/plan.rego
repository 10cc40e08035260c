# What a plan says: whose block it is, where its resources lie, and its policies as statements.
# The plan's format: https://developer.hashicorp.com/terraform/internals/json-format (2026-11).
package terraform.policies.athena_gate.plan

import rego.v1

# What is there after the run. A resource that goes has no "after".
resources := {change.address: change |
	some change in input.plan.resource_changes
	change.mode == "managed"
	change.change.after != null
}

of_type(type) := {address: resource.change.after |
	some address, resource in resources
	resource.type == type
}

configured := {resource.address: resource |
	some resource in input.plan.configuration.root_module.resources
}

aws_providers := {key: provider |
	some key, provider in input.plan.configuration.provider_config
	provider.name == "aws"
}

# athena-gate tags all it makes with the kind and the name of the block.
tags[key] contains tag if {
	some key, provider in aws_providers
	some block in provider.expressions.default_tags
	tag := block.tags.constant_value["athena-gate"]
}

blocks := {tag | some tag in tags[_]}

kind := object.get(vendors, written, written) if {
	count(blocks) == 1
	some tag in blocks
	written := split(tag, "/")[0]
}

# metronome blocks may carry the name of another vendor with the same page.
vendors := {
	"logrocket": "metronome",
	"prequel": "metronome",
	"thanx": "metronome",
	"webflow": "metronome",
	"zuora": "metronome"
}

places[key] := {"account": account, "region": region, "partition": partition(region)} if {
	some key, provider in aws_providers
	count(provider.expressions.allowed_account_ids.constant_value) == 1
	account := provider.expressions.allowed_account_ids.constant_value[0]
	region := provider.expressions.region.constant_value
}

partition(region) := "aws-cn" if startswith(region, "cn-")

partition(region) := "aws-us-gov" if startswith(region, "us-gov-")

partition(region) := "aws" if {
	not startswith(region, "cn-")
	not startswith(region, "us-gov-")
}

# The connector's tables lie in owner, its readers are in consumer; others have one account.
owner := places.aws

consumer := object.get(places, "aws.consumer", owner)

place_of(address) := places[configured[address].provider_config_key]

arn_of(place, service, rest) := concat("", ["arn:", place.partition, ":", service, ":", place.region, ":", place.account, ":", rest])

s3(location) := concat("", ["arn:", owner.partition, ":s3:::", location])

# Where a policy stands, by type of resource.
attributes := {
	"aws_iam_policy": "policy",
	"aws_iam_role_policy": "policy",
	"aws_iam_user_policy": "policy",
	"aws_iam_role": "assume_role_policy",
	"aws_s3_bucket_policy": "policy",
	"aws_kms_key": "policy",
}

documents[address] := document if {
	some address, resource in resources
	text := resource.change.after[attributes[resource.type]]
	json.is_valid(text)
	document := json.unmarshal(text)
	is_object(document)
}

# AWS takes one statement without a list, and one string for a list of them.
all_statements[address] contains statement if {
	some address, document in documents
	some written in listed(document.Statement)
	statement := {
		"sid": as_text(object.get(written, "Sid", "without Sid")),
		"effect": object.get(written, "Effect", ""),
		"actions": listed(object.get(written, "Action", [])),
		"resources": listed(object.get(written, "Resource", [])),
		"principals": principals(object.get(written, "Principal", {})),
		"conditions": conditions(object.get(written, "Condition", {})),
		"elements": object.keys(written),
	}
}

allows[address] contains statement if {
	some statement in all_statements[address]
	statement.effect != "Deny"
}

listed(value) := value if is_array(value)

listed(value) := [value] if not is_array(value)

principals(value) := {["*", value]} if is_string(value)

principals(value) := {["?", json.marshal(value)]} if {
	not is_string(value)
	not is_object(value)
}

principals(value) := {principal |
	some type in object.keys(value)
	some id in listed(value[type])
	principal := [type, as_text(id)]
} if is_object(value)

as_text(value) := value if is_string(value)

as_text(value) := json.marshal(value) if not is_string(value)

# Operators and keys of conditions know no case:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
# (2026-11).
conditions(value) := {condition |
	some operator in object.keys(value)
	some key in object.keys(value[operator])
	condition := [lower(operator), lower(key), as_texts(value[operator][key])]
}

as_texts(values) := {one |
	some value in listed(values)
	one := as_text(value)
}

# Whether a statement holds only where the key has one of the values.
demands(statement, operator, key, values) if {
	some condition in statement.conditions
	condition[0] == operator
	condition[1] == key
	count(condition[2]) > 0
	count(condition[2] - values) == 0
}

where(address, statement) := concat("", [address, ", statement ", statement.sid])

joined(texts) := concat(", ", sort(texts))

# Denies what no gate.hcl needs, whatever stands in it: for teams that do not make the list of
# stacks anew with each change. It reads kinds.rego alone, and names no vendor.
package athena_gate.general

import data.athena_gate.attachable
import data.athena_gate.kinds
import data.athena_gate.text
import rego.v1

plan := object.get(input, "plan", input)
root := plan.configuration.root_module
official := {"registry.terraform.io/hashicorp/aws", "terraform.io/builtin/terraform"}
made := {one | some one in plan.resource_changes; one.change.actions != ["delete"]}
after(one, name) := object.get(one.change, ["after", name], null)
refers(address, name, text) if {
	some one in root.resources
	one.address == address
	one.expressions[name].constant_value == text
}

deny contains "the plan has no list of changes or no configuration; allowed: what Terraform shows of a plan" if not has_form
has_form if [is_array(plan.resource_changes), is_array(root.resources)] == [true, true]

deny contains text.differs(one.address, "its kind", [one.mode, one.type, one.provider_name], sort(object.keys(kinds))) if {
	some one in made
	not is_known(one)
}
is_known(one) if {
	kinds[one.type]
	[one.mode, is_object(one.change.after)] == ["managed", true]
	one.provider_name in official
}

arguments := {"allowed_account_ids", "assume_role", "default_tags", "max_retries", "region", "shared_config_files"}
deny contains text.differs(key, "a provider", [one.full_name, sort(names)], [sort(official), sort(arguments)]) if {
	some key, one in plan.configuration.provider_config
	names := object.keys(object.get(one, "expressions", {}))
	count((names - arguments) | ({one.full_name} - official)) > 0
}

# Code that runs where Terraform does.
deny contains text.differs(one.address, "more than its arguments", [one.mode, sort(found)], "none") if {
	some one in root.resources
	found := {"provisioners", "count_expression", "for_each_expression"} & object.keys(one)
	count(found | ({one.mode} - {"managed"})) > 0
}
deny contains text.differs("the plan", "what it calls", called, "none") if {
	some [place, what] in [[root, "module_calls"], [plan, "action_invocations"], [plan, "deferred_changes"]]
	some called in place[what]
}

# Policies: those that give users and roles something, and those that let somebody in.
documents := {"aws_iam_policy": "policy", "aws_iam_role_policy": "policy", "aws_iam_role": "assume_role_policy", "aws_s3_bucket_policy": "policy", "aws_kms_key": "policy"}
policies contains [one.address, one.type, after(one, documents[one.type])] if some one in made
policies contains [one.address, "aws_iam_role_policy", inline.policy] if {
	some one in made
	some inline in one.change.after.inline_policy
}
deny contains text.differs(address, "its policy", value, "JSON with a list of statements, known before apply") if {
	some [address, _, value] in policies
	not is_policy(value)
}
is_policy(value) if {
	json.is_valid(value)
	is_array(json.unmarshal(value).Statement)
}
allows contains [address, type in {"aws_iam_policy", "aws_iam_role_policy"}, statement] if {
	some [address, type, value] in policies
	is_policy(value)
	some statement in json.unmarshal(value).Statement
	object.get(statement, "Effect", "") != "Deny"
}
allows contains [one.address, false, {"Principal": {"AWS": one.change.after.principal}}] if some one in made
deny contains text.differs(address, "a statement", statement, "named services, none of iam, organizations, sso, sts") if {
	some [address, true, statement] in allows
	not is_limited(statement)
}
is_limited(statement) if {
	services := {split(lower(action), ":")[0] | some action in listed(statement.Action)}
	count(services) > 0
	every service in services { regex.match(`^[a-z0-9-]+$`, service) }
	count(services & {"iam", "organizations", "sso", "sts"}) == 0
}
listed(value) := value if is_array(value)
listed(value) := [value] if is_string(value)
deny contains text.differs(address, "who is let in", statement, "named accounts, users, roles and services, and federated users on a condition") if {
	some [address, false, statement] in allows
	not names_somebody(statement)
}
names_somebody(statement) if {
	is_object(statement.Principal)
	ids := {id | some kind in object.keys(statement.Principal); some id in listed(statement.Principal[kind])}
	count(ids) > 0
	every id in ids { regex.match(`^[^*]+$`, id) }
	count({"Federated"} & object.keys(statement.Principal)) <= count(object.get(statement, "Condition", {}))
}

# What is attached: policies of this plan, and those of AWS that some gate.hcl attaches.
attached contains [one, after(one, "policy_arn")] if {
	some one in made
	endswith(one.type, "_policy_attachment")
}
attached contains [one, arn] if {
	some one in made
	some arn in one.change.after.managed_policy_arns
}
deny contains text.differs(one.address, "what it attaches", arn, attachable) if {
	some [one, arn] in attached
	not is_attachable(one, arn)
}
is_attachable(_, arn) if {
	is_string(arn)
	regex.replace(arn, `^arn:aws[a-z-]*:iam::aws:policy/`, "") in attachable
}
is_attachable(_, arn) if arn in {policy.change.after.arn | some policy in made; policy.type == "aws_iam_policy"}
is_attachable(one, null) if {
	some policy in made
	policy.type == "aws_iam_policy"
	refers(one.address, "policy_arn", concat("", ["${", policy.address, ".arn}"]))
}

deny contains text.differs(bucket.address, "its openness", after(bucket, "acl"), "a public access block of its own, all four true, and no ACL") if {
	some bucket in made
	bucket.type == "aws_s3_bucket"
	not is_private(bucket)
}
is_private(bucket) if {
	after(bucket, "acl") in {null, "", "private"}
	some block in made
	block.type == "aws_s3_bucket_public_access_block"
	refers(block.address, "bucket", concat("", ["${", bucket.address, ".id}"]))
	every flag in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] { after(block, flag) == true }
}

# Denies what the other rules would have to pass over: what is unknown before apply, what is not
# written as athena-gate writes it, and what athena-gate does not make at all.
package terraform.policies.athena_gate.readable

import data.terraform.policies.athena_gate.grants
import data.terraform.policies.athena_gate.plan
import rego.v1

made := {
	"aws_athena_data_catalog",
	"aws_athena_workgroup",
	"aws_cloudwatch_log_group",
	"aws_iam_access_key",
	"aws_iam_instance_profile",
	"aws_iam_policy",
	"aws_iam_role",
	"aws_iam_role_policy",
	"aws_iam_role_policy_attachment",
	"aws_iam_user",
	"aws_iam_user_policy",
	"aws_iam_user_policy_attachment",
	"aws_kms_key",
	"aws_lambda_function",
	"aws_lambda_permission",
	"aws_s3_bucket",
	"aws_s3_bucket_lifecycle_configuration",
	"aws_s3_bucket_ownership_controls",
	"aws_s3_bucket_policy",
	"aws_s3_bucket_public_access_block",
	"aws_s3_bucket_server_side_encryption_configuration",
}

# Further places for a policy, which athena-gate leaves empty.
elsewhere := {
	"aws_iam_role": {"inline_policy", "managed_policy_arns"},
	"aws_s3_bucket": {"acl", "grant", "policy"},
}

ours if plan.kind in grants.kinds

anything if count(plan.resources) > 0

deny contains message if {
	anything
	not ours
	message := concat("", ["the AWS providers do not carry the one tag athena-gate = KIND/NAME with a kind of ", plan.joined(grants.kinds), ": these rules are for workspaces of athena-gate's blocks, take the set off others [unclaimed]"])
}

deny contains message if {
	anything
	some key, _ in plan.aws_providers
	not plan.tags[key]
	message := concat("", ["provider ", key, " has no tag athena-gate; synthesize the stack again [unclaimed]"])
}

deny contains message if {
	anything
	some key, _ in plan.aws_providers
	not plan.places[key]
	message := concat("", ["provider ", key, " does not name one account in allowed_account_ids and a region as plain values [readable]"])
}

deny contains message if {
	some address, resource in plan.resources
	not resource.type in made
	message := concat("", [address, ": athena-gate makes no ", resource.type, ", and these rules cannot tell whom it lets in; move it to a workspace of its own [unclaimed]"])
}

deny contains message if {
	some address, _ in plan.resources
	not plan.configured[address]
	message := concat("", [address, ": is not in the plan's configuration as one resource of the root module; write it without module, count and for_each [readable]"])
}

deny contains message if {
	some address, resource in plan.resources
	some name in elsewhere[resource.type]
	object.get(plan.configured[address].expressions, name, null) != null
	message := concat("", [address, ": ", name, " is a place for grants that nobody looks for; use a resource of its own [readable]"])
}

# A key without a policy has AWS's own, which leaves it to the account's policies.
needs_policy(address, resource) if {
	plan.attributes[resource.type]
	resource.type != "aws_kms_key"
}

needs_policy(address, resource) if {
	resource.type == "aws_kms_key"
	plan.configured[address].expressions.policy
}

deny contains message if {
	some address, resource in plan.resources
	needs_policy(address, resource)
	not plan.documents[address]
	message := concat("", [address, ": ", plan.attributes[resource.type], " is not known before apply, or not JSON, so nothing can be said of it; put names in it, no references [readable]"])
}

deny contains message if {
	some address, _ in plan.documents
	count(object.get(plan.all_statements, address, set())) == 0
	message := concat("", [address, ": the policy has no statement [readable]"])
}

deny contains message if {
	some address, document in plan.documents
	count(object.get(plan.all_statements, address, set())) < count({one | some one in plan.listed(document.Statement)})
	message := concat("", [address, ": one of the statements is not written as a statement is [readable]"])
}

deny contains message if {
	some address, document in plan.documents
	unknown := object.keys(document) - {"Version", "Id", "Statement"}
	count(unknown) > 0
	message := concat("", [address, ": a policy has no element ", plan.joined(unknown), " [readable]"])
}

deny contains message if {
	some address, statements in plan.all_statements
	some statement in statements
	not statement.effect in {"Allow", "Deny"}
	message := concat("", [plan.where(address, statement), ": Effect is neither Allow nor Deny [readable]"])
}

deny contains message if {
	some name in grants.taken
	regex.match(`[*?]`, name)
	message := concat("", ["the plan calls something ", name, "; a name with a wildcard would open everything [readable]"])
}

# Element names in another case, and whatever AWS may add, would be passed over.
deny contains message if {
	some address, statements in plan.allows
	some statement in statements
	unknown := statement.elements - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
	count(unknown) > 0
	message := concat("", [plan.where(address, statement), ": ", plan.joined(unknown), " allows all that is not named, or is no element of a policy; name what is allowed [no-other-service]"])
}

deny contains message if {
	some address, statements in plan.allows
	some statement in statements
	some part in ["actions", "resources"]
	some value in statement[part]
	not is_string(value)
	message := concat("", [plan.where(address, statement), ": one of the ", part, " is not a text [readable]"])
}

# Denies a plan in which a Deny that has to be there is missing or weaker.
package terraform.policies.athena_gate.closed

import data.terraform.policies.athena_gate.access
import data.terraform.policies.athena_gate.plan
import rego.v1

denies contains [address, statement] if {
	some address, statements in plan.all_statements
	some statement in statements
	statement.effect == "Deny"
	count(statement.elements - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}) == 0
}

deny contains message if {
	some address, bucket in plan.of_type("aws_s3_bucket")
	some resource in [plan.s3(bucket.bucket), plan.s3(concat("", [bucket.bucket, "/*"]))]
	not tls_only(resource)
	message := concat("", [address, ": no bucket policy denies s3:* on ", resource, " where aws:SecureTransport is false [tls-only]"])
}

tls_only(resource) if {
	some [address, statement] in denies
	plan.resources[address].type == "aws_s3_bucket_policy"
	some principal in statement.principals
	principal in {["*", "*"], ["AWS", "*"]}
	some action in statement.actions
	lower(action) in {"s3:*", "*"}
	resource in statement.resources
	statement.conditions == {["bool", "aws:securetransport", {"false"}]}
}

# https://docs.getdot.ai (2026-11) names the two addresses that Dot calls from.
addresses := {"3.229.110.216/32", "3.122.135.165/32"}

deny contains message if {
	plan.kind == "dot"
	some address, _ in plan.of_type("aws_iam_user")
	not vendor_only(address)
	message := concat("", [address, ": no policy of its denies every call from elsewhere than Dot's addresses (", plan.joined(addresses), "), but for those that AWS makes for it; restrict_to_vendor_ips = false needs an override of this policy [vendor-addresses]"])
}

vendor_only(user) if {
	some attachment, _ in plan.of_type("aws_iam_user_policy_attachment")
	access.refers(attachment, "user", user)
	some [address, statement] in denies
	access.refers(attachment, "policy_arn", address)
	"*" in statement.actions
	"*" in statement.resources
	{condition | some condition in statement.conditions; condition[0] != "notipaddress"} == {["bool", "aws:viaawsservice", {"false"}]}
	some condition in statement.conditions
	condition[0] == "notipaddress"
	condition[1] == "aws:sourceip"
	count(condition[2] - addresses) == 0
}

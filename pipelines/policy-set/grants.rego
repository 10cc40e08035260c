# What each integration may ever be granted. An entry is an Allow that is accepted: "to" whom, which
# actions (lower case) on which resources, and the conditions it must have. What gate.hcl decides
# and the plan repeats (workgroups, locations, databases) is taken from the plan; a name that stands
# in gate.hcl alone is matched by one of the patterns called "some".
#
# "on" and "without" name the claims of modules/*/claims.py that fail on another resource and without
# the conditions.
package terraform.policies.athena_gate.grants

import data.terraform.policies.athena_gate.plan
import rego.v1

kinds := {"dot", "metronome", "immuta", "dbt", "dynamodb_connector"}

queries := {"athena:getworkgroup", "athena:startqueryexecution", "athena:getqueryexecution", "athena:stopqueryexecution", "athena:getqueryresults"}

drivers := {"athena:getqueryresultsstream", "athena:listqueryexecutions", "athena:batchgetqueryexecution"}

named_queries := {
	"athena:createnamedquery",
	"athena:getnamedquery",
	"athena:batchgetnamedquery",
	"athena:listnamedqueries",
	"athena:deletenamedquery",
}

browsing := {"athena:getdatacatalog", "athena:getdatabase", "athena:listdatabases", "athena:gettablemetadata", "athena:listtablemetadata"}

lists := {"athena:listdatacatalogs", "athena:listworkgroups", "athena:listengineversions"}

catalog_reads := {"glue:getdatabase", "glue:getdatabases", "glue:gettable", "glue:gettables", "glue:getpartition", "glue:getpartitions", "glue:batchgetpartition"}

catalog_writes := {
	"glue:createdatabase",
	"glue:createtable",
	"glue:updatetable",
	"glue:deletetable",
	"glue:createpartition",
	"glue:batchcreatepartition",
	"glue:updatepartition",
	"glue:deletepartition",
	"glue:batchdeletepartition",
}

# What dbt-athena asks of Glue itself in mode "run".
dbt_direct := {
	"glue:getdatabase",
	"glue:getdatabases",
	"glue:gettable",
	"glue:gettables",
	"glue:updatetable",
	"glue:deletetable",
	"glue:gettableversions",
	"glue:deletetableversion",
	"glue:getpartitions",
	"glue:batchcreatepartition",
	"glue:batchdeletepartition",
}

bucket_reads := {"s3:getbucketlocation", "s3:listbucket"}

results_bucket := bucket_reads | {"s3:listbucketmultipartuploads"}

results_objects := {"s3:getobject", "s3:putobject", "s3:abortmultipartupload", "s3:listmultipartuploadparts"}

encrypting := {"kms:decrypt", "kms:generatedatakey"}

# Conditions: operator, key, the values it may have.
via_athena := {["foranyvalue:stringequals", "aws:calledvia", {"athena.amazonaws.com"}]}

via_s3 := {["stringequals", "kms:viaservice", s3_services]}

s3_services contains concat("", ["s3.", place.region, ".amazonaws.com", suffix]) if {
	some place in plan.places
	some suffix in ["", ".cn"]
}

for_spill := via_s3 | {["stringequals", "kms:encryptioncontext:aws:s3:arn", {spill_bucket}]}

# The hand-off output repeats what gate.hcl says.
told := input.plan.output_changes.handoff.after

profiled(name) := split(split(told.dbt_profile, concat("", [name, ": \""]))[1], "\"")[0]

path_of(url) := trim_prefix(url, "s3://")

made_workgroups := plan.of_type("aws_athena_workgroup")

workgroups contains workgroup.name if some workgroup in made_workgroups

workgroups contains told.workgroup if count(made_workgroups) == 0

workgroups contains profiled("work_group") if count(made_workgroups) == 0

workgroup_arns(place) := {arn |
	some name in workgroups
	arn := plan.arn_of(place, "athena", concat("", ["workgroup/", name]))
}

# Where the workgroup made here sends results, whatever the client asks for.
enforced contains path_of(configuration.result_configuration[0].output_location) if {
	some address, workgroup in made_workgroups
	reads_from(address)
	some configuration in workgroup.configuration
	configuration.enforce_workgroup_configuration
}

# The readers of a connector are in the consumer's account.
reads_from(_) if plan.kind != "dynamodb_connector"

reads_from(address) if plan.place_of(address) == plan.consumer

results_keys contains encryption.kms_key_arn if {
	some workgroup in made_workgroups
	some configuration in workgroup.configuration
	some encryption in configuration.result_configuration[0].encryption_configuration
	is_string(encryption.kms_key_arn)
}

buckets(locations) := {arn |
	some one in locations
	arn := plan.s3(split(one, "/")[0])
}

objects(locations) := {arn |
	some one in locations
	arn := concat("", [plan.s3(one), "*"])
}

# The connector's function knows where it spills.
spill := function.environment[0].variables if some function in plan.of_type("aws_lambda_function")

spill_bucket := plan.s3(spill.spill_bucket)

spill_objects := plan.s3(concat("", [spill.spill_bucket, "/", spill.spill_prefix, "/*"]))

# AWS makes up the id of a key.
spill_keys := {plan.arn_of(plan.owner, "kms", "key/*")}

functions := {function.function_name | some function in plan.of_type("aws_lambda_function")}

function_arns contains plan.arn_of(plan.owner, "lambda", concat("", ["function:", name])) if some name in functions

logs contains plan.arn_of(plan.owner, "logs", concat("", ["log-group:/aws/lambda/", name, ":*"])) if {
	some name in functions
}

# The connector makes one catalog, of one name in both accounts.
shared_catalog := name if {
	names := {catalog.name | some catalog in plan.of_type("aws_athena_data_catalog")}
	count(names) == 1
	some name in names
}

catalog_arns(place, name) := {plan.arn_of(place, "athena", concat("", ["datacatalog/", name]))}

glue(rest) := plan.arn_of(plan.owner, "glue", rest)

databases contains database if {
	plan.kind == "dot"
	some database in split(told.databases, ", ")
}

databases contains told.database if plan.kind == "immuta"

databases contains told.schema if plan.kind == "metronome"

tables contains glue("catalog")

tables contains glue(replace(form, "%s", database)) if {
	some database in databases
	some form in ["database/%s", "table/%s/*"]
}

# What is taken from the plan as a name; a wildcard among them would open everything.
taken := (workgroups | databases) | ({one | some url in enforced; some one in split(url, "/")} | (functions | repeated))

repeated contains told[key] if some key in ["catalog", "bucket"]

repeated contains profiled(key) if some key in ["s3_data_dir", "s3_staging_dir"]

repeated contains spill[key] if some key in ["spill_bucket", "spill_prefix"]

repeated contains shared_catalog

# Words, and an RE2 for the whole resource: no wildcard fits but the one at the end.
some_bucket := {"one bucket": `arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]+`}

some_prefix := {"one bucket or folder in it, ending in /*": `arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]+/([^*?$]+/)?\*`}

some_key := {"one KMS key": `arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+`}

some_tables := {"the catalog, one database and its tables": concat("", [
	glue(""),
	`(catalog|database/[^*?$/]+|(table|userDefinedFunction)/[^*?$/]+/\*)`
])}

some_items := {"one table and its indexes": concat("", [
	plan.arn_of(plan.owner, "dynamodb", "table/"),
	`[A-Za-z0-9_.-]+(/index/\*)?`
])}

none := set()

# All integrations: queries in one workgroup, through one catalog.
allowances contains {
	"to": "dot",
	"actions": queries | drivers,
	"resources": workgroup_arns(plan.owner),
	"on": "one-workgroup"
}

allowances contains {
	"to": "immuta",
	"actions": queries | (drivers | named_queries),
	"resources": workgroup_arns(plan.owner),
	"on": "one-workgroup"
}

allowances contains {
	"to": "metronome",
	"actions": queries,
	"resources": workgroup_arns(plan.owner),
	"on": "one-workgroup"
}

allowances contains {
	"to": "dbt",
	"actions": queries | {"athena:batchgetqueryexecution"},
	"resources": workgroup_arns(plan.owner),
	"on": "one-workgroup"
}

allowances contains {
	"to": "readers",
	"actions": queries | drivers,
	"resources": workgroup_arns(plan.consumer),
	"on": "one-workgroup"
}

allowances contains {
	"to": "dot",
	"actions": browsing,
	"resources": catalog_arns(plan.owner, told.catalog),
	"on": "one-workgroup"
}

allowances contains {
	"to": holder,
	"actions": browsing,
	"resources": catalog_arns(plan.owner, "AwsDataCatalog"),
	"on": "one-workgroup"
} if some holder in ["immuta", "metronome", "dbt"]

allowances contains {
	"to": "readers",
	"actions": browsing,
	"resources": catalog_arns(plan.consumer, shared_catalog),
	"on": "one-workgroup"
}

allowances contains {"to": holder, "actions": lists, "resources": {"*"}, "on": "one-workgroup"} if {
	some holder in ["dot", "immuta", "dbt", "readers"]
}

# Glue: the databases named, and of the one named default its description.
allowances contains {
	"to": "dot",
	"actions": catalog_reads,
	"resources": tables,
	"conditions": via_athena,
	"on": "no-other-database",
	"without": "only-through-athena"
}

allowances contains {"to": "immuta", "actions": catalog_reads, "resources": tables, "on": "no-other-database"}

allowances contains {
	"to": "metronome",
	"actions": catalog_reads | catalog_writes,
	"resources": tables,
	"on": "no-other-database"
}

allowances contains {
	"to": "dbt",
	"actions": (catalog_reads | catalog_writes) | {"glue:deletedatabase"},
	"some": some_tables,
	"conditions": via_athena,
	"on": "no-other-database",
	"without": "only-through-athena"
}

# Where the block says mode = "run".
allowances contains {
	"to": "dbt",
	"actions": dbt_direct | {"glue:deletedatabase"},
	"some": some_tables,
	"on": "no-other-database"
}

allowances contains {
	"to": holder,
	"actions": {"glue:getdatabase"},
	"resources": {glue("catalog"), glue("database/default")},
	"conditions": demanded[holder],
	"on": "no-other-database",
	"without": "only-through-athena"
} if some holder in ["dot", "immuta", "metronome", "dbt"]

# Who reaches Glue and S3 only when Athena asks.
demanded := {"dot": via_athena, "dbt": via_athena, "immuta": none, "metronome": none, "readers": none}

# S3: some buckets are read, and only the plan's own are written.
allowances contains {
	"to": holder,
	"actions": bucket_reads,
	"some": some_bucket,
	"conditions": demanded[holder],
	"on": "no-other-bucket",
	"without": "only-through-athena"
} if some holder in ["dot", "immuta", "dbt"]

allowances contains {
	"to": holder,
	"actions": {"s3:getobject"},
	"some": some_prefix,
	"conditions": demanded[holder],
	"on": "no-other-bucket",
	"without": "only-through-athena"
} if some holder in ["dot", "immuta", "dbt"]

written_by["dot"] := [enforced, results_objects]

written_by["immuta"] := [enforced, results_objects]

written_by["readers"] := [enforced, results_objects]

written_by["metronome"] := [{concat("", [told.bucket, "/"])}, results_objects | {"s3:deleteobject"}]

written_by["dbt"] := [dbt_data | {path_of(profiled("s3_staging_dir"))}, results_objects]

dbt_data := {path_of(profiled("s3_data_dir"))}

allowances contains {
	"to": holder,
	"actions": results_bucket,
	"resources": buckets(place[0]),
	"conditions": demanded[holder],
	"on": "no-other-bucket",
	"without": "only-through-athena"
} if some holder, place in written_by

allowances contains {
	"to": holder,
	"actions": place[1],
	"resources": objects(place[0]),
	"conditions": demanded[holder],
	"on": "sources-read-only",
	"without": "only-through-athena"
} if some holder, place in written_by

# Where the block says reads_results_directly.
allowances contains {
	"to": "dot",
	"actions": {"s3:getobject"},
	"resources": objects(enforced),
	"on": "no-other-bucket"
}

allowances contains {
	"to": "dbt",
	"actions": {"s3:deleteobject"},
	"resources": objects(dbt_data),
	"conditions": via_athena,
	"on": "sources-read-only",
	"without": "only-through-athena"
}

# Where the block says mode = "run".
allowances contains {
	"to": "dbt",
	"actions": {"s3:putobject", "s3:deleteobject", "s3:abortmultipartupload"},
	"resources": objects(dbt_data),
	"on": "sources-read-only"
}

allowances contains {
	"to": "dbt",
	"actions": {"s3:listbucket"},
	"resources": buckets(dbt_data),
	"on": "no-other-bucket"
}

# KMS: only through S3.
allowances contains {
	"to": holder,
	"actions": {"kms:decrypt"},
	"some": some_key,
	"conditions": via_s3,
	"on": "no-other-key",
	"without": "keys-through-s3"
} if some holder in ["dot", "immuta", "metronome", "dbt"]

allowances contains {
	"to": holder,
	"actions": encrypting,
	"resources": results_keys,
	"conditions": via_s3,
	"on": "no-other-key",
	"without": "keys-through-s3"
} if some holder in ["dot", "immuta", "readers"]

allowances contains {
	"to": holder,
	"actions": encrypting,
	"some": some_key,
	"conditions": via_s3,
	"on": "no-other-key",
	"without": "keys-through-s3"
} if some holder in ["metronome", "dbt"]

# Where the block says lake_formation.
allowances contains {
	"to": holder,
	"actions": {"lakeformation:getdataaccess"},
	"resources": {"*"},
	"on": "no-other-service"
} if some holder in ["dot", "immuta", "dbt"]

# The connector for DynamoDB: its readers, its function, and the role of the Share button.
allowances contains {
	"to": "readers",
	"actions": {"lambda:invokefunction"},
	"resources": function_arns,
	"conditions": via_athena,
	"on": "one-function",
	"without": "only-through-athena"
}

allowances contains {"to": "readers", "actions": {"s3:getobject"}, "resources": {spill_objects}, "on": "no-other-bucket"}

allowances contains {"to": "readers", "actions": {"s3:listbucket"}, "resources": {spill_bucket}, "on": "no-other-bucket"}

allowances contains {
	"to": "readers",
	"actions": {"kms:decrypt"},
	"resources": spill_keys,
	"conditions": for_spill,
	"on": "no-other-key",
	"without": "spill-key-only"
}

allowances contains {
	"to": "connector",
	"actions": {"dynamodb:describetable", "dynamodb:partiqlselect", "dynamodb:query", "dynamodb:scan"},
	"some": some_items,
	"on": "no-other-table"
}

allowances contains {"to": "connector", "actions": {"dynamodb:listtables"}, "resources": {"*"}, "on": "no-other-table"}

allowances contains {
	"to": "connector",
	"actions": {"athena:getqueryexecution"},
	"resources": workgroup_arns(plan.owner),
	"on": "own-log"
}

allowances contains {"to": "connector", "actions": bucket_reads, "resources": {spill_bucket}, "on": "no-other-bucket"}

allowances contains {"to": "connector", "actions": {"s3:putobject"}, "resources": {spill_objects}, "on": "no-other-bucket"}

allowances contains {
	"to": "connector",
	"actions": {"logs:createlogstream", "logs:putlogevents"},
	"resources": logs,
	"on": "own-log"
}

allowances contains {
	"to": "connector",
	"actions": {"kms:generatedatakey"},
	"resources": spill_keys,
	"conditions": for_spill,
	"on": "encrypt-only",
	"without": "spill-key-only"
}

allowances contains {
	"to": "sharing",
	"actions": {"athena:createdatacatalog"},
	"resources": catalog_arns(plan.consumer, shared_catalog),
	"on": "share-only"
}

# The claim that fails on an action that is in no entry.
claims := {
	"athena": {"": "queries-only", "connector": "own-log", "sharing": "share-only"},
	"glue": {
		"dot": "catalog-reads-only",
		"immuta": "catalog-reads-only",
		"metronome": "tables-only",
		"dbt": "tables-only",
	},
	"s3": {
		"": "sources-read-only",
		"metronome": "objects-only",
		"readers": "spill-read-only",
		"connector": "spill-write-only",
	},
	"kms": {"": "no-other-key", "connector": "encrypt-only"},
	"lambda": {"readers": "one-function"},
	"dynamodb": {"connector": "tables-read-only"},
	"logs": {"connector": "own-log"},
	"iam": {"": "no-iam"},
	"sts": {"": "no-iam"},
	"organizations": {"": "no-iam"},
	"sso": {"": "no-iam"},
	"sso-directory": {"": "no-iam"},
}

claim_on(holder, action) := object.get(some_claims, holder, object.get(some_claims, "", "no-other-service")) if {
	some_claims := object.get(claims, split(action, ":")[0], {})
}

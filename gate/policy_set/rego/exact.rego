# Denies a plan that is not the one of its stack: the stacks of gate.hcl stand in stack-*.rego, what
# a plan shows of each kind of resource beside them in kinds.rego. No vendor and no kind is named
# here. Every rule says what is right and denies the rest, so that what is not understood is denied.
#
# A plan: https://developer.hashicorp.com/terraform/internals/json-format; a run:
# https://developer.hashicorp.com/terraform/cloud-docs/policy-enforcement/define-policies/opa
# (2026-11).
package athena_gate.exact

import data.athena_gate.kinds
import data.athena_gate.parts
import data.athena_gate.stacks
import data.athena_gate.text
import rego.v1

# HCP Terraform wraps the plan; `opa eval --input PLAN.json` does not, and has no run.
plan := object.get(input, "plan", input)
run := object.get(input, "run", {})
root := plan.configuration.root_module
planned := plan.planned_values.root_module
changes := plan.resource_changes

# Which stack this is: the one of the run's workspace, or of the plan's tag where there is no run.
found contains name if {
	some name, stack in stacks
	is_here(stack)
}
is_here(stack) if run.workspace.name == stack.workspace.name
is_here(stack) if {
	count(stack.workspace.tags) > 0
	every tag in stack.workspace.tags { tag in run.workspace.tags }
}
is_here(stack) if {
	not input.run
	some provider in plan.configuration.provider_config
	provider.expressions.default_tags[_].tags.constant_value["athena-gate"] == stack.tag
}
allowed := stacks[name] if {
	count(found) == 1
	some name in found
}

deny contains text.differs("the run", "its workspace, or else the plan's tag", [object.get(run, ["workspace", "name"], null), sort(found)], concat(" ", ["one stack of", json.marshal(sort(object.keys(stacks)))])) if count(found) != 1
deny contains message if { count(found) == 1; some message in wrong }

wrong contains text.differs("the run", key, run[key], "none: it makes the whole stack") if {
	some key in ["target_addrs", "refresh_only", "is_destroy"]
	not object.get(run, key, null) in {null, false, []}
}

wrong contains "the plan ended with an error, is of a part of the stack, or is not one of Terraform's" if not has_form

has_form if {
	regex.match(`^1\.[0-9]+$`, plan.format_version)
	[plan.errored, plan.complete] == [false, true]
	every list in [changes, root.resources, planned.resources] { is_array(list) }
	every entry in changes { [is_string(entry.address), is_object(entry.change)] == [true, true] }
}

# What each part of a plan may have. Imports, moves, modules, provisioners, actions are not in it.
part contains ["the plan", "plan", plan]
part contains ["the configuration", "configuration", plan.configuration]
part contains ["the configuration", "root_module", root]
part contains ["the planned values", "root_module", planned]
part contains [entry.address, "entry", entry] if some entry in changes
part contains [entry.address, "change", entry.change] if some entry in changes
part contains [one.address, "configured", one] if some one in root.resources
part contains [one.address, "planned", one] if some one in planned.resources
part contains [name, "output", one] if some name, one in root.outputs
part contains [name, "change", one] if some name, one in plan.output_changes

wrong contains text.differs(where, key, value, "none") if {
	some [where, kind, one] in part
	some key, value in one
	not key in parts[kind]
	not value in {null, [], {}}
}

wrong contains text.differs("the plan", "a variable", name, allowed.variables) if {
	some name in object.keys(object.get(plan, "variables", {})) | object.keys(object.get(root, "variables", {}))
	not name in allowed.variables
}

# Providers, to the letter.
provided[key] contains pair if {
	some key, one in plan.configuration.provider_config
	expressions := object.get(one, "expressions", {})
	some pair in (text.leaves(object.remove(one, ["expressions"])) | text.arguments(expressions)) | text.unsaid(expressions)
}
needed_provider[key] contains [path, value] if {
	some key, one in allowed.providers
	some path, value in object.union(object.remove(one, ["arguments"]), one.arguments)
}

wrong contains message if {
	some key in object.keys(plan.configuration.provider_config) | object.keys(allowed.providers)
	is := object.get(provided, key, set())
	needs := object.get(needed_provider, key, set())
	some [path, _] in (is | needs) - (is & needs)
	message := text.differs(concat(".", ["provider", key]), path, text.of(is, path), text.of(needs, path))
}

# What a plan does with each resource of the stack: it makes it once, and its parts agree.
own[entry.address] := entry if {
	some entry in changes
	allowed.resources[entry.address]
	[entry] == [one | some one in changes; one.address == entry.address; not is_leftover(one)]
}

# What is left of a replacement that was cut off.
is_leftover(entry) if { entry.deposed; entry.change.actions == ["delete"] }
makes(change) if change.actions in [["create"], ["update"], ["delete", "create"], ["create", "delete"]]
makes(change) if { change.actions == ["no-op"]; change.before == change.after; count(unknown_in(change)) == 0 }
unknown_in(change) := {path | some [path, true] in text.leaves(change.after_unknown)}

is_named(one, address) if {
	[one.mode, concat(".", [one.type, one.name])] == ["managed", address]
	one.provider_name == allowed.providers[allowed.resources[address].provider].full_name
}
change_of[address] := entry.change if {
	some address, entry in own
	makes(entry.change)
	is_named(entry, address)
	every one in [one | some one in planned.resources; one.address == address] { is_named(one, address) }
	[entry.change.after] == [one.values | some one in planned.resources; one.address == address]
}

wrong contains message if {
	some address in {one.address | some one in planned.resources} | object.keys(allowed.resources)
	not change_of[address]
	actions := [entry.change.actions | some entry in changes; entry.address == address]
	message := text.differs(address, "what the plan does", actions, "to make what the stack has, once, by its own provider")
}

# Deleting what stacks are made of only takes away, unless a resource of the stack is about it.
wrong contains text.differs(entry.address, "what the plan does", entry.change.actions, "to delete what no resource of the stack makes") if {
	some entry in changes
	not allowed.resources[entry.address]
	not only_goes(entry)
}
only_goes(entry) if {
	[entry.mode, entry.change.actions] == ["managed", ["delete"]]
	kinds[entry.type]
	entry.provider_name in {one.full_name | some one in allowed.providers}
	not is_made_elsewhere(entry)
}
is_made_elsewhere(entry) if {
	some other in own
	other.type == entry.type
	every name in kinds[entry.type].identity { entry.change.before[name] == other.change.after[name] }
}

# The attributes of each, by dotted path.
after[address] := text.by_path(change.after) if some address, change in change_of
before[address] := text.by_path(object.get(change, "before", null)) if some address, change in change_of
unknown[address] := unknown_in(change) if some address, change in change_of
given[address] := object.union(object.union(one.values, one.documents), one.references) if some address, one in allowed.resources

wrong contains text.differs(address, path, has(address, path), object.get(given[address], path, "nothing")) if {
	some address, _ in change_of
	some path in (object.keys(after[address]) | unknown[address]) | object.keys(given[address])
	not is_right(address, path)
}

has(address, path) := "unknown until apply" if path in unknown[address]
has(address, path) := object.get(after[address], path, null) if not path in unknown[address]

is_right(address, path) if {
	text.below(path, allowed.resources[address].ignored)
	count(before[address]) > 0
	has(address, path) == object.get(before[address], path, null)
}
is_right(address, path) if {
	reference := allowed.resources[address].references[path]
	path in unknown[address]
	object.get(after[address], path, null) == null
	is_unknown(reference)
}
is_right(address, path) if has(address, path) == resolved(allowed.resources[address].references[path])
is_right(address, path) if has(address, path) == allowed.resources[address].values[path]

# A key that stands twice would add quotes to the text, and nothing to what it holds.
is_right(address, path) if {
	document := allowed.resources[address].documents[path]
	text.holds(has(address, path), document)
	count(split(has(address, path), `"`)) == count(split(json.marshal(document), `"`))
}
is_right(address, path) if {
	not path in object.keys(given[address])
	path in unknown[address]
	object.get(after[address], path, null) == null
	text.below(path, kind_of(address).computed)
}
is_right(address, path) if {
	not path in object.keys(given[address])
	not path in unknown[address]
	after[address][path] == beside(address, path)
}
is_right(address, path) if {
	not path in object.keys(given[address])
	not path in unknown[address]
	not beside(address, path)
	text.empty(after[address][path])
}
kind_of(address) := kinds[split(address, ".")[0]]

# What an attribute is that the stack does not give: the provider's tags, one of the policies that
# the stack attaches to a role, what AWS has decided before, or the provider's default.
beside(address, path) := value if {
	startswith(path, "tags_all.")
	one := allowed.resources[address]
	name := trim_prefix(path, "tags_all.")
	value := object.get(one.values, concat(".", ["tags", name]), allowed.providers[one.provider].arguments[concat(".", ["default_tags.0.tags", name])])
} else := value if {
	some prefix, names in kind_of(address).repeats
	text.below(path, {prefix})
	value := after[address][path]
	is_repeated(value, [change.after[name] | some change in change_of; some name in names])
} else := value if {
	text.below(path, kind_of(address).computed)
	not text.below(path, object.keys(kind_of(address).repeats))
	value := before[address][path]
} else := kind_of(address).defaults[path]
is_repeated(value, others) if value in others
is_repeated(value, others) if { some other in others; text.holds(value, json.unmarshal(other)) }
resource_of(reference) := concat(".", array.slice(split(reference, "."), 0, 2))
is_unknown(reference) if split(reference, ".")[2] in unknown[resource_of(reference)]
resolved(reference) := value if {
	not is_unknown(reference)
	value := change_of[resource_of(reference)].after[split(reference, ".")[2]]
	value != null
}

# How each is written. A plan of Terraform's JSON repeats the text of an expression, as
# constant_value; one of HCL does not, and nobody could tell a reference from a condition.
wrong contains message if {
	some address in {one.address | some one in root.resources} | object.keys(allowed.resources)
	not is_configured(address)
	message := text.differs(address, "its place in the configuration", [object.remove(one, ["expressions"]) | some one in root.resources; one.address == address], "once as in the stack, with its mode, provider and depends_on")
}
is_configured(address) if {
	some one in root.resources
	[one] == [other | some other in root.resources; other.address == address]
	needs := allowed.resources[address]
	[one.mode, concat(".", [one.type, one.name]), one.provider_config_key] == ["managed", address, needs.provider]
	sort(object.get(one, "depends_on", [])) == needs.depends_on
}
written[one.address] := text.arguments(object.get(one, "expressions", {})) if {
	some one in root.resources
	is_configured(one.address)
}

wrong contains message if {
	some address, pairs in written
	some path in {path | some [path, _] in pairs} | object.keys(given[address])
	not is_written(allowed.resources[address], path, text.of(pairs, path))
	message := text.differs(address, concat("", [path, " as it is written"]), text.of(pairs, path), object.get(given[address], path, "nothing"))
}
is_written(needs, path, value) if value == concat("", ["${", needs.references[path], "}"])
is_written(needs, path, value) if text.unescaped(value) == needs.values[path]
is_written(needs, path, value) if text.holds(text.unescaped(value), needs.documents[path])

wrong contains message if {
	some one in root.resources
	references := allowed.resources[one.address].references
	pairs := text.references(object.get(one, "expressions", {}))
	some path in {path | some [path, _] in pairs} | object.keys(references)
	names := {name | some [other, name] in pairs; text.below(path, {other})}
	to := {references[other] | some other in object.keys(references); text.below(other, {path})}
	names != to | {resource_of(reference) | some reference in to}
	message := text.differs(one.address, concat("", [path, " in what it refers to"]), sort(names), sort(to))
}

# Outputs.
wrong contains message if {
	some name in ((object.keys(root.outputs) | object.keys(allowed.outputs)) | object.keys(plan.output_changes)) | object.keys(plan.planned_values.outputs)
	not is_output(name)
	message := text.differs(concat(".", ["output", name]), "it", object.get(plan.output_changes, name, null), object.get(allowed.outputs, name, "none of this name"))
}
is_output(name) if {
	plan.output_changes[name].actions == ["delete"]
	count([1 | some outputs in [allowed.outputs, root.outputs, plan.planned_values.outputs]; outputs[name]]) == 0
}
is_output(name) if {
	one := root.outputs[name]
	change := plan.output_changes[name]
	needs := allowed.outputs[name]
	[one.expression.constant_value, object.get(one, "sensitive", false)] == [needs.value, needs.sensitive]
	pairs := {pair | some pair in text.leaves(object.get(change, "after", null)); pair[1] != null}
	every pair in text.leaves(needs.value) { is_output_value(pair[0], pair[1], pairs, unknown_in(change)) }
	every pair in pairs { pair[0] in {path | some [path, _] in text.leaves(needs.value)} }
	object.get(plan.planned_values.outputs[name], "value", null) in {null, object.get(change, "after", null)}
}
is_output_value(path, value, _, unsettled) if {
	count({path, ""} & unsettled) > 0
	some reference in text.named(value)
	is_unknown(reference)
}
is_output_value(path, value, pairs, _) if {
	by := {concat("", ["${", reference, "}"]): resolved(reference) | some reference in text.named(value)}
	count(by) == count(text.named(value))
	[path, text.unescaped(text.replaced(value, by))] in pairs
}

# What the two policies share: values by dotted path, expressions of a configuration, texts.
package athena_gate.text

import rego.v1

# Every scalar in a value, and what is empty, with its dotted path.
leaves(value) := {[path_of(steps), leaf] | walk(value, [steps, leaf]); is_leaf(leaf)}
by_path(value) := {path: leaf | some [path, leaf] in leaves(value); path != ""}
is_leaf(value) if not type_name(value) in {"object", "array"}
is_leaf(value) if value in [[], {}]
path_of(steps) := concat(".", [step | some one in steps; step := trim(json.marshal(one), `"`)])

# The arguments of a configuration with their text, and what they refer to.
arguments(expressions) := {[path, value] |
	some [place, value] in leaves(expressions)
	place != ""
	not regex.match(`\.references\.[0-9]+$`, place)
	path := replace(place, ".constant_value", "")
}
references(expressions) := {[path, name] |
	some [place, name] in leaves(expressions)
	regex.match(`\.references\.[0-9]+$`, place)
	path := regex.replace(place, `\.references\.[0-9]+$`, "")
}
unsaid(expressions) := {pair | some pair in references(expressions); count([1 | some [place, _] in arguments(expressions); below(place, {pair[0]})]) == 0}
below(path, names) if path in {name | some name in names}
below(path, names) if {
	some name in names
	startswith(path, concat("", [name, "."]))
}

# What an argument has that nobody gave.
empty(value) if value in {null, false, "", 0, [], {}}

holds(value, document) if {
	json.is_valid(value)
	json.unmarshal(value) == document
}
unescaped(value) := strings.replace_n({"$${": "${", "%%{": "%{"}, value) if is_string(value)
unescaped(value) := value if not is_string(value)

# The references in a text of the stack, as TYPE.NAME.ATTRIBUTE.
named(value) := {trim_suffix(trim_prefix(one, "${"), "}") |
	is_string(value)
	some one in regex.find_n(`\$\{[\w-]+\.[\w-]+\.[\w-]+\}`, value, -1)
}
replaced(value, by) := strings.replace_n(by, value) if is_string(value)
replaced(value, _) := value if not is_string(value)

of(pairs, path) := value if {
	some [place, value] in pairs
	place == path
} else := "nothing"
# One message: of two policies, the statements that only one of them has.
differs(address, path, one, other) := concat("", [address, ": ", path, " is ", json.marshal(beside(one, other)), "; allowed: ", json.marshal(beside(other, one))])
beside(one, other) := found if {
	found := [statement | some statement in statements(one); not statement in statements(other)]
	count(found) > 0
} else := one
statements(value) := value.Statement if is_object(value)
statements(value) := json.unmarshal(value).Statement if json.is_valid(value)

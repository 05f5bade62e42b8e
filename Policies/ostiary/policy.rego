# METADATA
# title: Who may use the decision API among the public endpoints
# description: |
#   Whoever is known may ask for decisions, with a credential for it. Policies and data are read,
#   written and queried by administrators of the installation: they are every organization's.
# scope: package
package ostiary.policy

import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform({
	"actions": {
		"policy:evaluate": "a credential",
		"policy:read": "an administrator of the installation",
		"policy:write": "an administrator of the installation",
		"policy:query": "an administrator of the installation",
	},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": subject.is_somebody,
	"obligations": set(),
})

# METADATA
# title: Whoever is known asks for decisions
permits contains {
	"rule": "subject_evaluates",
	"reason": "known subjects may ask for decisions",
} if {
	input.action == "policy:evaluate"
	subject.is_somebody
}

# METADATA
# title: Administrators read, write and query policies and data
permits contains {
	"rule": "administrator_rules",
	"reason": "the subject administers the installation",
} if {
	input.action in {"policy:read", "policy:write", "policy:query"}
	subject.is_administrator
}

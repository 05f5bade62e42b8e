# METADATA
# title: Who sees what an organization has used
# description: What is left of its calls, and how much it has of what: whoever may read it sees that.
# scope: package
package ostiary.usage

import data.ostiary.rights
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant({
	"actions": {"usage:read": "a role that lets read the organization"},
	"lookups": {"usage:read"},
	"permits": permits,
	"denials": set(),
	"reading": reading,
	"obligations": set(),
})

default reading := false

reading if rights.may("organization:read")

# METADATA
# title: Whoever reads the organization reads this
permits contains {
	"rule": "role_reads_usage",
	"reason": "a role of the subject lets read the organization",
} if {
	input.action == "usage:read"
	reading
}

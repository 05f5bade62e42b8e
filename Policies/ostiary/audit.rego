# METADATA
# title: Who may read the audit
# description: What happened in an organization is read and exported by roles of it.
# scope: package
package ostiary.audit

import data.ostiary.rights
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant({
	"actions": {
		"audit:read": "a role that permits it",
		"audit:export": "a role that permits it",
	},
	"lookups": {"audit:read"},
	"permits": permits,
	"denials": set(),
	"reading": reading,
	"obligations": set(),
})

default reading := false

reading if rights.may("audit:read")

# METADATA
# title: Roles permit reading and exporting
permits contains {
	"rule": "role_reads_audit",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"audit:read", "audit:export"}
	rights.may(input.action)
}

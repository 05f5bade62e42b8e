# METADATA
# title: What subjects see of themselves
# scope: package
# description: Their own account, and what the credential that they use lets them do.
package ostiary.me

import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform({
	"actions": {"me:read": "a credential"},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": subject.is_somebody,
	"obligations": set(),
})

# METADATA
# title: Whoever is known sees who they are
permits contains {
	"rule": "subject_reads_itself",
	"reason": "subjects may see themselves",
} if {
	input.action == "me:read"
	subject.is_somebody
}

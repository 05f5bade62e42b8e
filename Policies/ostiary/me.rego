# METADATA
# title: What subjects see of themselves
# scope: package
# description: Their own account, and what the credential that they use lets them do.
package ostiary.me

import data.ostiary.standing
import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform({
	"actions": {"me:read": "a credential"},
	"lookups": set(),
	"permits": permits,
	"denials": denials,
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

# METADATA
# title: At an organization's host, its members
# description: |
#   Applications there ask who is signed in. Whoever has no place in the organization is nobody to
#   them, whatever credential they have.
denials contains {
	"rule": "not_a_member",
	"reason": "the subject is no active member of the organization",
	"hides": false,
} if {
	input.request.host_organization
	subject.is_somebody
	not standing.is_asserted
	not is_member
}

is_member if {
	input.subject.membership.organization == input.request.host_organization
	input.subject.membership.status == "active"
}

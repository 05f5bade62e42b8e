# METADATA
# title: Who may look into decisions
# description: |
#   Of an organization's decisions, those with a role for it; of their own, everybody. The loader's
#   fact is `subject`: about whom the decision was. Who does not belong to the organization sees of
#   a decision what it was, not what it was made from.
# scope: package
package ostiary.decision

import data.ostiary.bypass
import data.ostiary.rights
import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant({
	"actions": {
		"decision:list": "an account",
		"decision:read": "a role that permits it, or a decision about the subject itself",
	},
	"lookups": {"decision:read"},
	"permits": permits,
	"denials": set(),
	"reading": reading,
	"obligations": obligations,
})

default reading := false

reading if rights.may("decision:read")

# METADATA
# title: Roles permit looking into the organization's decisions
permits contains {
	"rule": "role_reads_decisions",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"decision:list", "decision:read"}
	rights.may(input.action)
}

# METADATA
# title: Accounts look into decisions about themselves
permits contains {
	"rule": "account_reads_own_decision",
	"reason": "the decision is about the subject",
} if {
	input.action == "decision:read"
	input.subject.kind == "account"
	input.resource.attributes.subject == input.subject.id
}

# METADATA
# title: Accounts list decisions about themselves
permits contains {
	"rule": "account_lists_own_decisions",
	"reason": "accounts may see decisions about themselves",
} if {
	input.action == "decision:list"
	input.subject.kind == "account"
}

# METADATA
# title: Administrators look into decisions of no organization
permits contains {
	"rule": "administrator_reads_platform_decisions",
	"reason": "the subject administers the installation",
} if {
	input.action in {"decision:list", "decision:read"}
	is_platforms
}

is_platforms if {
	not input.tenant
	subject.is_administrator
}

# METADATA
# title: And no others
obligations contains {"type": "restrict", "to": "own"} if {
	input.action == "decision:list"
	not sees_all
}

# METADATA
# title: Without what was known of an organization that is not theirs
obligations contains {"type": "redact", "fields": ["input", "reasons"]} if {
	input.tenant
	not sees_all
	not rights.roles
}

# METADATA
# title: The subject sees all decisions of the organization
sees_all if is_platforms

sees_all if rights.may(input.action)

sees_all if count(bypass.permits) > 0

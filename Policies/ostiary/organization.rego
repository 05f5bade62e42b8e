# METADATA
# title: Who may do what with organizations
# description: |
#   Organizations are made by administrators of the installation, and from then on decided by the
#   roles that they give. Everybody may list organizations, and sees those they belong to.
# scope: package
package ostiary.organization

import data.ostiary.rights
import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# description: |
#   What has no organization yet, and what is about all of them, is the installation's: whose key
#   the subject happens to show makes no difference there.
# entrypoint: true
decision := verdict.of_platform(area) if {
	input.action in {"organization:create", "organization:list"}
} else := verdict.of_tenant(area)

area := {
	"actions": {
		"organization:create": "an administrator of the installation",
		"organization:list": "an account",
		"organization:read": "a role that permits it",
		"organization:update": "a role that permits it",
		"organization:delete": "a role that permits it",
	},
	"lookups": {"organization:read", "organization:update", "organization:delete"},
	"permits": permits,
	"denials": set(),
	"reading": reading,
	"obligations": obligations,
}

default reading := false

reading if rights.may("organization:read")

# Of these there is nothing to hide: whoever asks knows that there are organizations.
reading if {
	input.action in {"organization:create", "organization:list"}
	subject.is_somebody
}

# METADATA
# title: Roles of the organization permit what is done with it
permits contains {
	"rule": "role_permits",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"organization:read", "organization:update", "organization:delete"}
	rights.may(input.action)
}

# METADATA
# title: Administrators make organizations
permits contains {
	"rule": "administrator_creates",
	"reason": "the subject administers the installation",
} if {
	input.action == "organization:create"
	subject.is_administrator
}

# METADATA
# title: Administrators see which organizations there are
permits contains {
	"rule": "administrator_lists",
	"reason": "the subject administers the installation",
} if {
	input.action == "organization:list"
	subject.is_administrator
}

# METADATA
# title: Everybody lists the organizations they belong to
permits contains {
	"rule": "subject_lists_own",
	"reason": "subjects may see the organizations they belong to",
} if {
	input.action == "organization:list"
	input.subject.kind in {"account", "service"}
	not subject.is_administrator
}

# METADATA
# title: And no others
obligations contains {"type": "restrict", "to": "own"} if {
	input.action == "organization:list"
	not subject.is_administrator
}

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
		"organization:rename": "an owner",
		"organization:read_settings": "a role that permits it",
		"organization:update_settings": "a role that permits it",
		"organization:transfer": "an owner",
		"organization:delete": "an owner",
		"organization:restore": "an owner",
	},
	"lookups": lookups,
	"permits": permits,
	"denials": denials,
	"reading": reading,
	"obligations": obligations,
}

# METADATA
# title: What is done with one organization
lookups := {
	"organization:read",
	"organization:update",
	"organization:rename",
	"organization:read_settings",
	"organization:update_settings",
	"organization:transfer",
	"organization:delete",
	"organization:restore",
}

# METADATA
# title: What gives an organization away or ends it wants a sign-in of the last so many seconds
fresh_seconds := 300

# METADATA
# title: For so many days an organization that is deleted comes back
restorable_days := 30

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
	input.action in lookups
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

# METADATA
# title: What is done to the organization as a whole wants a fresh sign-in
# description: A key shows none, whatever its scopes.
obligations contains {
	"type": "step_up",
	"acr": "aal1",
	"max_age_seconds": fresh_seconds,
} if {
	input.action in {"organization:transfer", "organization:delete"}
	not subject.signed_in_within(fresh_seconds)
}

# METADATA
# title: The installation's own organization stays
denials contains {
	"rule": "organization_is_home",
	"reason": "the installation's own organization cannot be deleted",
	"hides": false,
} if {
	input.action == "organization:delete"
	input.resource.exists == true
	not facts.is_home == false
}

# METADATA
# title: What was not deleted is not restored
denials contains {
	"rule": "already_completed",
	"reason": "the organization is not deleted",
	"hides": false,
} if {
	input.action == "organization:restore"
	input.resource.exists == true
	facts.status != "deleted"
}

# METADATA
# title: After a time, nothing is restored
denials contains {
	"rule": "restored_too_late",
	"reason": sprintf("the organization was deleted more than %v days ago", [restorable_days]),
	"hides": false,
} if {
	input.action == "organization:restore"
	facts.status == "deleted"
	not is_restorable
}

is_restorable if facts.deleted_age_seconds <= restorable_days * 86400

# METADATA
# title: Owners are accounts
denials contains {
	"rule": "owner_is_nobody",
	"reason": "a service account cannot be an owner",
	"hides": false,
} if {
	input.action == "organization:transfer"
	facts.target.kind != "account"
}

# METADATA
# title: Whoever owns an organization is active, there and altogether
denials contains {
	"rule": "successor_inactive",
	"reason": "the member is not active",
	"hides": false,
} if {
	input.action == "organization:transfer"
	facts.target
	not is_active
}

is_active if {
	facts.target.status == "active"
	facts.account_status == "active"
}

# METADATA
# title: Who owns the organization already is given nothing
denials contains {
	"rule": "already_completed",
	"reason": "the member owns the organization",
	"hides": false,
} if {
	input.action == "organization:transfer"
	"owner" in facts.target.roles
}

# METADATA
# title: Nobody sets a default role above their own
denials contains {
	"rule": "role_above_own",
	"reason": "the role is of a higher rank than the subject's own",
	"hides": false,
} if {
	input.action == "organization:update_settings"
	facts.role
	not rights.may_give(facts.role)
}

facts := input.resource.attributes

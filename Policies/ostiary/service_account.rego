# METADATA
# title: Who may do what with service accounts
# description: |
#   Service accounts are decided by roles, within ranks: nobody makes, changes or removes one whose
#   role is of a rank above their own, and none is an owner. The loader's facts are
#
#       role    create: the role that it will have
#       target  read, update, delete: {status, roles: [names], rank} of the account as it is
# scope: package
package ostiary.service_account

import data.ostiary.rights
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant({
	"actions": {
		"service_account:list": "a role that permits it",
		"service_account:read": "a role that permits it",
		"service_account:create": "a role that permits it, of no lower rank than the one given",
		"service_account:update": "a role that permits it, of no lower rank than the account's",
		"service_account:delete": "a role that permits it, of no lower rank than the account's",
	},
	"lookups": {"service_account:read", "service_account:update", "service_account:delete"},
	"permits": permits,
	"denials": denials,
	"reading": reading,
	"obligations": set(),
})

default reading := false

reading if rights.may("service_account:read")

# METADATA
# title: Roles permit reading
permits contains {
	"rule": "role_reads_service_accounts",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"service_account:list", "service_account:read"}
	rights.may(input.action)
}

# METADATA
# title: Roles permit new service accounts, up to their own rank
permits contains {
	"rule": "role_makes_service_account",
	"reason": "a role of the subject permits it, and outranks the one given",
} if {
	input.action == "service_account:create"
	rights.may(input.action)
	rights.may_give(facts.role)
}

# METADATA
# title: Roles permit changes of service accounts, up to their own rank
permits contains {
	"rule": "role_changes_service_account",
	"reason": "a role of the subject permits it, and outranks the account's",
} if {
	input.action == "service_account:update"
	rights.may(input.action)
	rights.may_touch(facts.target)
}

# METADATA
# title: Roles permit the removal of service accounts, up to their own rank
permits contains {
	"rule": "role_removes_service_account",
	"reason": "a role of the subject permits it, and outranks the account's",
} if {
	input.action == "service_account:delete"
	rights.may(input.action)
	rights.may_touch(facts.target)
}

# METADATA
# title: A service account is no owner
# description: Somebody is to answer for what an owner does.
denials contains {
	"rule": "owner_is_nobody",
	"reason": "a service account cannot be an owner",
} if {
	input.action == "service_account:create"
	facts.role.name == "owner"
}

facts := input.resource.attributes

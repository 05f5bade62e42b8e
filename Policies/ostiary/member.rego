# METADATA
# title: Who may do what with members
# description: |
#   Members are decided by roles, within ranks: nobody gives, changes or takes away a role of a rank
#   above their own, and nobody but an owner does so with an owner's. An organization never loses
#   its last owner, and a service account is none: somebody is to answer for what an owner does. The
#   loader's facts are
#
#       role         create, update: the role that the membership will have
#       principal    create: {kind, email_domain} of whoever will have it
#       email_domains  create: the domains that the organization names; none: any
#       status       update: the status it will have, where that is changed
#       target       update, delete: {principal, kind, roles: [names], rank} of the membership as it
#                    is
#       owner_count  update, delete: how many active owners the organization has
# scope: package
package ostiary.member

import data.ostiary.rights
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant({
	"actions": {
		"member:list": "a role that permits it",
		"member:read": "a role that permits it",
		"member:create": "a role that permits it, of no lower rank than the one given",
		"member:update": "a role that permits it, of no lower rank than those changed and given",
		"member:delete": "a role that permits it, of no lower rank than those taken away",
	},
	"lookups": {"member:read", "member:update", "member:delete"},
	"permits": permits,
	"denials": denials,
	"reading": reading,
	"obligations": set(),
})

default reading := false

reading if rights.may("member:read")

# METADATA
# title: Roles permit reading
permits contains {
	"rule": "role_reads_members",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"member:list", "member:read"}
	rights.may(input.action)
}

# METADATA
# title: Roles permit new members, up to their own rank
permits contains {
	"rule": "role_adds_member",
	"reason": "a role of the subject permits it, and outranks the one given",
} if {
	input.action == "member:create"
	rights.may(input.action)
	rights.may_give(facts.role)
}

# METADATA
# title: Roles permit changes of members, up to their own rank
permits contains {
	"rule": "role_changes_member",
	"reason": "a role of the subject permits it, and outranks those changed and given",
} if {
	input.action == "member:update"
	rights.may(input.action)
	rights.may_touch(facts.target)
	rights.may_give(facts.role)
}

# METADATA
# title: Roles permit the removal of members, up to their own rank
permits contains {
	"rule": "role_removes_member",
	"reason": "a role of the subject permits it, and outranks those taken away",
} if {
	input.action == "member:delete"
	rights.may(input.action)
	rights.may_touch(facts.target)
}

# METADATA
# title: Everybody may leave
permits contains {
	"rule": "member_leaves",
	"reason": "members may leave",
} if {
	input.action == "member:delete"
	input.resource.id == input.subject.membership.id
	facts.target.principal == input.subject.id
}

# METADATA
# title: The last owner stays one
# description: |
#   Whoever asks, administrators of the installation included. Where the count is not known, it is
#   taken for the last.
denials contains {
	"rule": "last_owner",
	"reason": "the organization would have no owner",
} if {
	input.action in {"member:update", "member:delete"}
	"owner" in facts.target.roles
	not stays_owner
	not others_own
}

# A rule of its own: negated, a comparison with what is not there does not hold.
# METADATA
# title: There are other owners
others_own if facts.owner_count > 1

# METADATA
# title: The member stays an owner
stays_owner if {
	input.action == "member:update"
	facts.role.name == "owner"
	object.get(facts, "status", "active") == "active"
}

# METADATA
# title: Members have addresses of the organization's domains, where it names any
# description: A service account has none, and needs none.
denials contains {
	"rule": "address_not_taken",
	"reason": "the organization takes members of other domains only",
	"hides": false,
} if {
	input.action == "member:create"
	count(object.get(facts, "email_domains", [])) > 0
	not is_service_account
	not is_of_domain
}

is_of_domain if facts.principal.email_domain in facts.email_domains

# METADATA
# title: A service account is no owner
denials contains {
	"rule": "owner_is_nobody",
	"reason": "a service account cannot be an owner",
} if {
	input.action in {"member:create", "member:update"}
	facts.role.name == "owner"
	is_service_account
}

# METADATA
# title: Whoever is to have the role is a service account
is_service_account if facts.principal.kind == "service"

is_service_account if facts.target.kind == "service"

facts := input.resource.attributes

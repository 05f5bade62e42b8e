# METADATA
# title: What roles let do
# description: |
#   A subject has the roles of its membership in the organization that the request is about, and no
#   others. Roles of the system are known here by their names; those that an organization has made
#   say themselves what they permit.
# scope: package
package ostiary.rights

import data.ostiary.pattern
import data.ostiary.subject

# METADATA
# title: What each role of the system permits
# description: Owners are not among them, for they may do everything in their organization.
permissions := {
	"admin": {
		"organization:read",
		"organization:update",
		"organization:read_settings",
		"organization:update_settings",
		"member:*",
		"service_account:*",
		"key:*",
		"domain:*",
		"decision:*",
		"audit:read",
		"token:introspect",
	},
	"member": {"organization:read", "member:read", "member:list"},
	"viewer": {"organization:read"},
}

# METADATA
# title: One of the subject's roles permits the action
may(action) if {
	some role in roles
	some permission in permitted_by(role)
	pattern.covers(permission, action)
}

may(_) if is_owner

# METADATA
# title: The subject owns the organization
is_owner if {
	some role in roles
	role.is_system == true
	role.name == "owner"
}

# METADATA
# title: The rank of the subject's highest role
# description: Undefined for who has none.
rank := max({role.rank | some role in roles})

# METADATA
# title: The subject may give the role
# description: One of no higher rank than its own; that of an owner if it is one itself.
may_give(role) if {
	role.name != "owner"
	is_within(role.rank)
}

may_give(role) if {
	role.name == "owner"
	is_owner
}

# METADATA
# title: The subject outranks whom it is about
# description: The target has `roles`, as names, and the `rank` of the highest of them.
may_touch(target) if {
	every name in target.roles { name != "owner" }
	is_within(target.rank)
}

may_touch(target) if {
	"owner" in target.roles
	is_owner
}

# METADATA
# title: The rank is no higher than the subject's own
is_within(number) if {
	is_number(number)
	number <= rank
}

# METADATA
# title: The subject's roles here
roles := input.subject.membership.roles if {
	subject.is_somebody
	input.subject.membership.organization == input.tenant.id
}

permitted_by(role) := permissions[role.name] if role.is_system == true

permitted_by(role) := role.permissions if role.is_system == false

package ostiary.organization_test

import data.ostiary.cast_test as cast
import data.ostiary.organization

decided(request) := found if {
	found := organization.decision with input as request
}

allowed(subject, verb) if {
	decided(cast.asking(subject, concat(":", ["organization", verb]), {})).allow
}

test_each_role_does_what_it_may[name] if {
	some name, verbs in {
		"owner": {"read", "update", "delete"},
		"admin": {"read", "update"},
		"member": {"read"},
		"viewer": {"read"},
	}
	subject := cast.having(cast.roles[name])
	verbs == {verb | some verb in ["read", "update", "delete"]; allowed(subject, verb)}
}

test_strangers_do_not_learn_of_organizations[verb] if {
	some verb in ["read", "update", "delete"]
	some subject in [cast.stranger, cast.anonymous]
	found := decided(cast.asking(subject, concat(":", ["organization", verb]), {}))
	not found.allow
	not found.may_read
}

test_custom_roles_permit_what_they_list[note] if {
	some note, permissions in {
		"an action": ["organization:update"],
		"an area": ["organization:*"],
		"among others": ["audit:read", "organization:update"],
	}
	allowed(cast.having(cast.custom_role(10, permissions)), "update")
}

test_custom_roles_permit_no_more[note] if {
	some note, permissions in {
		"nothing": [],
		"everything at once": ["*"],
		"another action": ["organization:read"],
		"another area": ["organizations:*", "member:*"],
	}
	not allowed(cast.having(cast.custom_role(100, permissions)), "update")
}

test_a_custom_role_named_after_the_owners_is_none if {
	role := object.union(cast.custom_role(100, []), {"name": "owner"})
	not allowed(cast.having(role), "read")
}

test_roles_of_the_system_have_no_permissions_of_their_own if {
	role := object.union(cast.roles.viewer, {"permissions": ["organization:*"]})
	not allowed(cast.having(role), "delete")
}

test_unknown_roles_of_the_system_permit_nothing if {
	not allowed(cast.having(cast.system_role("guest", 100)), "read")
}

test_only_administrators_make_organizations if {
	found := decided(cast.bare(cast.administrator, "organization:create"))
	found.rule == "administrator_creates"
	not decided(cast.bare(cast.stranger, "organization:create")).allow
	not decided(cast.asking(cast.owner, "organization:create", {})).allow
	not decided(cast.bare(cast.anonymous, "organization:create")).allow
}

test_those_who_may_not_make_them_are_told if {
	decided(cast.bare(cast.stranger, "organization:create")).may_read
	not decided(cast.bare(cast.anonymous, "organization:create")).may_read
}

test_accounts_and_services_list_their_own[kind] if {
	some kind in ["account", "service"]
	subject := object.union(cast.stranger, {"kind": kind})
	found := decided(cast.bare(subject, "organization:list"))
	found.rule == "subject_lists_own"
	found.obligations == [{"type": "restrict", "to": "own"}]
}

test_nobody_else_lists_them if {
	not decided(cast.bare(cast.anonymous, "organization:list")).allow
	found := decided(cast.bare(object.union(cast.stranger, {"kind": "client"}), "organization:list"))
	not found.allow
	found.may_read
}

test_administrators_list_all if {
	found := decided(cast.bare(cast.administrator, "organization:list"))
	found.rule == "administrator_lists"
	found.obligations == []
}

test_only_lists_are_restricted if {
	decided(cast.asking(cast.viewer, "organization:read", {})).obligations == []
}

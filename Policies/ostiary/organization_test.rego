package ostiary.organization_test

import data.ostiary.cast_test as cast
import data.ostiary.organization

decided(request) := found if {
	found := organization.decision with input as request
}

allowed(subject, verb) if {
	request := cast.asking(subject, concat(":", ["organization", verb]), {"is_home": false})
	decided(request).allow
}

verbs := {
	"read", "update", "read_settings", "update_settings", "rename", "transfer", "delete", "restore",
}

test_each_role_does_what_it_may[name] if {
	some name, found in {
		"owner": verbs - {"restore", "transfer"},
		"admin": {"read", "update", "read_settings", "update_settings"},
		"member": {"read"},
		"viewer": {"read"},
	}
	subject := cast.having(cast.roles[name])
	found == {verb | some verb in (verbs - {"restore", "transfer"}); allowed(subject, verb)}
}

test_strangers_do_not_learn_of_organizations[verb] if {
	some verb in verbs
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

asked(subject, verb, facts) := decided(cast.asking(subject, concat(":", ["organization", verb]), facts))

successor := {"kind": "account", "status": "active", "roles": ["member"], "rank": 40}

transferring(change) := object.union({"target": successor, "account_status": "active"}, change)

deleted(subject, age) := decided(object.union(
	cast.asking(
		subject,
		"organization:restore",
		{"status": "deleted", "deleted_age_seconds": age},
	),
	{"tenant": {"status": "deleted"}},
))

test_owners_transfer_and_restore if {
	asked(cast.owner, "transfer", transferring({})).allow
	asked(cast.administrator, "transfer", transferring({})).allow
	not asked(cast.admin, "transfer", transferring({})).allow
	deleted(cast.owner, 10).rule == "role_permits"
	deleted(cast.administrator, 10).rule == "admin_bypass"
	not deleted(cast.admin, 10).allow
}

test_nothing_else_is_done_with_a_deleted_organization[verb] if {
	some verb in (verbs - {"restore"})
	request := object.union(
		cast.asking(cast.owner, concat(":", ["organization", verb]), {"is_home": false}),
		{"tenant": {"status": "deleted"}},
	)
	found := decided(request)
	not found.allow
	not found.may_read
}

test_an_organization_is_restored_within_thirty_days[note] if {
	some note, row in {
		"at the end": [30 * 86400, true],
		"too late": [(30 * 86400) + 1, false],
	}
	found := deleted(cast.owner, row[0])
	found.allow == row[1]
}

test_when_it_was_deleted_is_known if {
	found := asked(cast.owner, "restore", {"status": "deleted"})
	found.rule == "restored_too_late"
}

test_what_is_there_is_not_restored if {
	asked(cast.owner, "restore", {"status": "active"}).rule == "already_completed"
}

test_the_installations_own_organization_stays[note] if {
	some note, facts in {"it is": {"is_home": true}, "nobody knows": {}}
	asked(cast.owner, "delete", facts).rule == "organization_is_home"
	asked(cast.administrator, "delete", facts).rule == "organization_is_home"
}

test_owners_are_active_accounts[note] if {
	some note, row in {
		"a program": [{"target": {"kind": "service"}}, "owner_is_nobody"],
		"suspended here": [{"target": {"status": "suspended"}}, "successor_inactive"],
		"suspended altogether": [{"account_status": "suspended"}, "successor_inactive"],
		"an owner": [{"target": {"roles": ["owner"]}}, "already_completed"],
	}
	found := asked(cast.owner, "transfer", transferring(row[0]))
	not found.allow
	found.rule == row[1]
}

test_what_ends_or_gives_away_wants_a_fresh_sign_in[verb] if {
	some verb, facts in {"delete": {"is_home": false}, "transfer": transferring({})}
	step_up := {"type": "step_up", "acr": "aal1", "max_age_seconds": 300}
	fresh := object.union(cast.owner, {"credential": {"session": {"auth_age_seconds": 300}}})
	stale := object.union(cast.owner, {"credential": {"session": {"auth_age_seconds": 301}}})
	asked(fresh, verb, facts).obligations == []
	asked(stale, verb, facts).obligations == [step_up]
	asked(cast.owner, verb, facts).obligations == [step_up]
}

test_nobody_sets_a_default_role_above_their_own[name] if {
	some name, is_allowed in {"owner": false, "admin": true, "viewer": true}
	found := asked(cast.admin, "update_settings", {"role": cast.roles[name]})
	found.allow == is_allowed
	asked(cast.owner, "update_settings", {"role": cast.roles[name]}).allow
}

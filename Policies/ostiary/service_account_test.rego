package ostiary.service_account_test

import data.ostiary.cast_test as cast
import data.ostiary.service_account

decided(subject, verb, facts) := found if {
	action := concat(":", ["service_account", verb])
	found := service_account.decision with input as cast.asking(subject, action, facts)
}

rank(name) := cast.roles[name].rank

given(name) := {"role": {"name": name, "rank": rank(name)}}

target(name) := {"target": {"status": "active", "roles": [name], "rank": rank(name)}}

reached(subject, verb, facts_of) := {role |
	some role in object.keys(cast.roles)
	decided(subject, verb, facts_of[role]).allow
}

givens := {role: given(role) | some role in object.keys(cast.roles)}

targets := {role: target(role) | some role in object.keys(cast.roles)}

test_each_role_reads_what_it_may[name] if {
	some name, verbs in {
		"owner": {"read", "list"},
		"admin": {"read", "list"},
		"member": set(),
		"viewer": set(),
	}
	subject := cast.having(cast.roles[name])
	verbs == {verb | some verb in ["read", "list"]; decided(subject, verb, {}).allow}
}

test_nobody_makes_one_of_a_higher_rank[name] if {
	some name, roles in {
		"owner": {"admin", "member", "viewer"},
		"admin": {"admin", "member", "viewer"},
		"member": set(),
		"viewer": set(),
	}
	roles == reached(cast.having(cast.roles[name]), "create", givens)
}

test_nobody_changes_or_removes_one_of_a_higher_rank[name] if {
	some name, roles in {
		"owner": {"owner", "admin", "member", "viewer"},
		"admin": {"admin", "member", "viewer"},
		"member": set(),
		"viewer": set(),
	}
	every verb in ["update", "delete"] {
		roles == reached(cast.having(cast.roles[name]), verb, targets)
	}
}

test_custom_roles_stay_within_their_rank if {
	subject := cast.having(cast.custom_role(40, ["service_account:*"]))
	reached(subject, "create", givens) == {"member", "viewer"}
	reached(subject, "delete", targets) == {"member", "viewer"}
}

test_none_is_an_owner[name] if {
	some name, subject in {"owner": cast.owner, "administrator": cast.administrator}
	found := decided(subject, "create", given("owner"))
	not found.allow
	found.rule == "owner_is_nobody"
	found.reasons == ["a service account cannot be an owner"]
}

test_rules_are_named if {
	decided(cast.admin, "list", {}).rule == "role_reads_service_accounts"
	decided(cast.admin, "create", given("member")).rule == "role_makes_service_account"
	decided(cast.admin, "update", target("member")).rule == "role_changes_service_account"
	decided(cast.admin, "delete", target("member")).rule == "role_removes_service_account"
}

test_facts_that_lack_permit_nothing[verb] if {
	some verb in ["create", "update", "delete"]
	every facts in [{}, {"role": {"name": "viewer"}}, {"target": {"roles": ["viewer"]}}] {
		not decided(cast.admin, verb, facts).allow
	}
}

test_service_accounts_of_other_organizations_are_hidden[verb] if {
	some verb in ["list", "read", "create", "update", "delete"]
	found := decided(cast.stranger, verb, object.union(given("viewer"), target("viewer")))
	not found.allow
	not found.may_read
}

test_service_accounts_that_are_not_there[name] if {
	some name, rule in {"admin": "nothing_there", "member": "default"}
	every action in ["service_account:update", "service_account:delete"] {
		request := cast.missing(cast.having(cast.roles[name]), action)
		found := service_account.decision with input as request
		found.rule == rule
	}
}

test_a_scope_is_needed if {
	subject := cast.scoped(cast.owner, ["key:*"])
	decided(subject, "list", {}).rule == "scope_missing"
}

test_administrators_do_the_rest[verb] if {
	some verb in ["list", "read", "create", "update", "delete"]
	facts := object.union(given("admin"), target("owner"))
	decided(cast.administrator, verb, facts).rule == "admin_bypass"
}

package ostiary.key_test

import data.ostiary.cast_test as cast
import data.ostiary.key

decided(subject, verb, facts) := found if {
	action := concat(":", ["key", verb])
	found := key.decision with input as cast.asking(subject, action, facts)
}

all_scopes := ["*", "key:*"]

# Has the role, and a key that may do everything that it may.
having(name) := cast.scoped(cast.having(cast.roles[name]), all_scopes)

administrator := cast.scoped(cast.administrator, all_scopes)

owned(principal, kind, name, scopes) := {"target": {
	"principal": principal,
	"kind": kind,
	"scopes": scopes,
	"roles": [name],
	"rank": cast.roles[name].rank,
	"expires_at": null,
}}

own(name) := owned("usr_self", "account", name, ["member:read"])

others(name) := owned("usr_other", "account", name, ["member:read"])

machine(name) := owned("svc_machine", "service", name, ["member:read"])

scoped_own(scopes) := owned("usr_self", "account", "member", scopes)

limited(scopes) := cast.scoped(cast.member, scopes)

verbs := ["read", "create", "update", "rotate", "delete"]

allowed(subject, facts) := {verb | some verb in verbs; decided(subject, verb, facts).allow}

test_members_do_everything_with_keys_of_their_own[name] if {
	some name in ["owner", "admin", "member", "viewer"]
	allowed(having(name), own(name)) == {verb | some verb in verbs}
}

test_keys_of_others_are_seen_and_revoked_by_roles[name] if {
	some name, found in {
		"owner": {"read", "delete"},
		"admin": {"read", "delete"},
		"member": set(),
		"viewer": set(),
	}
	allowed(having(name), others("member")) == found
}

test_nobody_learns_the_secret_of_somebody_else[note] if {
	some note, subject in {"owner": having("owner"), "administrator": administrator}
	every verb in ["create", "rotate"] {
		found := decided(subject, verb, others("viewer"))
		not found.allow
		found.rule == "secret_of_another"
		found.reasons == ["nobody but its owner learns the secret of a key"]
	}
}

test_keys_of_a_higher_rank_are_not_revoked if {
	not decided(having("admin"), "delete", others("owner")).allow
	decided(having("admin"), "delete", others("admin")).allow
	decided(having("owner"), "delete", others("owner")).allow
	subject := cast.scoped(cast.having(cast.custom_role(40, ["key:*"])), all_scopes)
	not decided(subject, "delete", others("admin")).allow
	decided(subject, "delete", others("member")).allow
}

test_keys_of_service_accounts_are_for_roles[name] if {
	some name, found in {
		"owner": {verb | some verb in verbs},
		"admin": {verb | some verb in verbs},
		"member": set(),
		"viewer": set(),
	}
	allowed(having(name), machine("member")) == found
}

test_keys_of_service_accounts_of_a_higher_rank_are_not_made if {
	subject := cast.scoped(cast.having(cast.custom_role(40, ["key:*"])), all_scopes)
	allowed(subject, machine("admin")) == {"read"}
	allowed(subject, machine("member")) == {verb | some verb in verbs}
	allowed(having("admin"), machine("owner")) == {"read"}
}

test_service_accounts_look_after_their_own_keys if {
	subject := object.union(having("viewer"), {"kind": "service", "id": "svc_machine"})
	allowed(subject, machine("viewer")) == {verb | some verb in verbs}
	allowed(subject, owned("svc_other", "service", "viewer", [])) == set()
}

test_rules_are_named if {
	decided(having("viewer"), "list", {}).rule == "member_lists_keys"
	decided(having("viewer"), "create", own("viewer")).rule == "member_makes_own_key"
	decided(having("viewer"), "rotate", own("viewer")).rule == "member_keeps_own_key"
	decided(having("admin"), "read", others("owner")).rule == "role_reads_keys"
	decided(having("admin"), "create", machine("viewer")).rule == "role_makes_service_account_key"
	decided(having("admin"), "update", machine("viewer")).rule == "role_changes_service_account_key"
	decided(having("admin"), "delete", others("viewer")).rule == "role_revokes_key"
}

test_everybody_lists_their_own_and_roles_list_all[name] if {
	restricted := [{"type": "restrict", "to": "own"}]
	some name, obligations in {
		"owner": [],
		"admin": [],
		"member": restricted,
		"viewer": restricted,
	}
	found := decided(having(name), "list", {})
	found.allow
	found.obligations == obligations
}

test_strangers_list_nothing_and_administrators_all if {
	not decided(cast.stranger, "list", {}).allow
	not decided(cast.stranger, "list", {}).may_read
	decided(administrator, "list", {}).obligations == []
}

test_a_key_makes_no_keys_unless_a_scope_says_so[note] if {
	some note, scopes in {
		"everything": ["*"],
		"another verb": ["*", "key:read"],
		"another area": ["*", "member:*"],
	}
	every verb in ["create", "rotate"] {
		found := decided(limited(scopes), verb, scoped_own(["member:read"]))
		not found.allow
		found.rule == "scope_unnamed"
		found.reasons == [sprintf("a key needs a scope that names `key:%v`", [verb])]
	}
}

test_administrators_need_such_a_scope_too if {
	decided(cast.administrator, "create", machine("viewer")).rule == "scope_unnamed"
}

test_a_scope_that_says_so_is_enough if {
	decided(limited(["key:create", "member:read"]), "create", scoped_own(["member:read"])).allow
	decided(limited(["key:rotate", "member:read"]), "rotate", scoped_own(["member:read"])).allow
	decided(limited(["key:*", "member:read"]), "create", scoped_own(["member:read"])).allow
	not decided(limited(["key:create", "member:read"]), "rotate", scoped_own(["member:read"])).allow
	not decided(limited(["key:rotate", "member:read"]), "create", scoped_own(["member:read"])).allow
}

test_keys_that_make_none_are_read_and_revoked_by_any[verb] if {
	some verb in ["read", "update", "delete"]
	decided(limited(["*"]), verb, scoped_own(["*"])).allow
}

test_a_key_makes_none_that_does_more[note] if {
	some note, wanted in {
		"another action": ["member:list"],
		"the whole area": ["member:*"],
		"everything": ["*"],
		"one of several": ["member:read", "audit:read"],
		"to do everything with keys": ["key:*"],
	}
	every verb in ["create", "rotate"] {
		subject := limited(["member:read", concat(":", ["key", verb])])
		found := decided(subject, verb, scoped_own(wanted))
		not found.allow
		found.rule == "scopes_exceeded"
	}
}

test_everything_is_not_the_making_of_keys[scope] if {
	some scope in ["key:rotate", "key:*"]
	found := decided(limited(["*", "key:create"]), "create", scoped_own([scope]))
	found.rule == "scopes_exceeded"
}

test_a_key_hands_on_what_it_has[note] if {
	some note, scopes in {
		"everything": ["*"],
		"an area": ["audit:*"],
		"an action": ["member:read"],
		"the making of keys": ["key:create"],
		"nothing": [],
	}
	decided(limited(["*", "key:create"]), "create", scoped_own(scopes)).allow
}

test_an_area_hands_on_its_actions if {
	every within in [["member:*"], ["member:read"], ["member:read", "member:list"]] {
		decided(limited(["member:*", "key:create"]), "create", scoped_own(within)).allow
	}
}

test_who_shows_no_key_may_do_everything_with_keys if {
	session := {"credential": {"kind": "session", "scopes": ["*"]}}
	subject := object.union(cast.member, session)
	decided(subject, "create", scoped_own(["*", "key:*"])).allow
	decided(subject, "rotate", scoped_own(["key:rotate"])).allow
}

test_facts_that_lack_permit_nothing[note] if {
	some note, facts in {
		"none": {},
		"no owner": {"target": {"kind": "account", "scopes": []}},
		"no scopes": {"target": {"principal": "usr_self", "kind": "account"}},
		"no rank": {"target": {
			"principal": "svc_machine",
			"kind": "service",
			"scopes": [],
			"roles": ["viewer"],
		}},
	}
	every verb in ["create", "rotate"] {
		not decided(having("admin"), verb, facts).allow
	}
}

test_a_secret_that_was_replaced_makes_none[superseded] if {
	some superseded in [true, null]
	subject := object.union(having("owner"), {"credential": {"superseded": superseded}})
	every verb in ["create", "rotate"] {
		decided(having("owner"), verb, own("owner")).allow
		found := decided(subject, verb, own("owner"))
		not found.allow
		found.rule == "secret_superseded"
	}
}

# Has a key that ends, or does not.
ending(time) := object.union(having("owner"), {"credential": {"expires_at": time}})

ended(time) := object.union(own("owner"), {"target": {"expires_at": time}})

test_a_key_makes_none_that_outlives_it[note] if {
	some note, time in {
		"without an end": null,
		"a microsecond longer": "2026-03-01T08:00:00.000001Z",
		"years longer": "2036-01-01T00:00:00.000000Z",
		"another form of time": 1772352000,
	}
	every verb in ["create", "rotate"] {
		found := decided(ending("2026-03-01T08:00:00.000000Z"), verb, ended(time))
		not found.allow
		found.rule == "expiry_exceeded"
		found.reasons == ["the key would be good for longer than the key that asks for it"]
	}
}

test_ends_that_are_not_known_permit_nothing[note] if {
	end := "2026-03-01T08:00:00.000000Z"
	some note, pair in {
		"of the key that asks": [
			json.remove(ending(end), ["credential/expires_at"]),
			ended(end),
		],
		"of the key that is made": [
			ending(end),
			json.remove(ended(end), ["target/expires_at"]),
		],
	}
	every verb in ["create", "rotate"] {
		decided(pair[0], verb, pair[1]).rule == "expiry_exceeded"
	}
}

test_administrators_make_none_that_outlives_theirs if {
	end := {"credential": {"expires_at": "2026-03-01T08:00:00.000000Z"}}
	subject := object.union(administrator, end)
	decided(subject, "create", machine("viewer")).rule == "expiry_exceeded"
}

test_a_key_makes_some_that_end_no_later[time] if {
	some time in ["2026-03-01T08:00:00.000000Z", "2026-02-28T23:59:59.999999Z"]
	every verb in ["create", "rotate"] {
		decided(ending("2026-03-01T08:00:00.000000Z"), verb, ended(time)).allow
	}
}

test_a_key_without_an_end_makes_any[note] if {
	some note, time in {"without": null, "with": "2036-01-01T00:00:00.000000Z"}
	decided(ending(null), "create", ended(time)).allow
}

test_who_shows_no_key_makes_keys_without_an_end if {
	session := {"credential": {"kind": "session", "scopes": ["*"]}}
	subject := json.remove(object.union(cast.member, session), ["credential/expires_at"])
	decided(subject, "create", scoped_own(["*"])).allow
}

test_a_key_that_ends_does_the_rest[verb] if {
	some verb in ["read", "update", "delete"]
	decided(ending("2026-03-01T08:00:00.000000Z"), verb, ended(null)).allow
}

test_own_keys_are_of_no_use_without_membership if {
	subject := cast.scoped(cast.stranger, all_scopes)
	facts := owned("usr_stranger", "account", "member", [])
	allowed(subject, facts) == set()
	not decided(subject, "read", facts).may_read
}

test_keys_of_others_are_not_there_for_members if {
	found := decided(having("member"), "read", others("viewer"))
	not found.allow
	not found.may_read
}

test_keys_that_are_not_there[name] if {
	some name, rule in {"admin": "nothing_there", "member": "default"}
	every verb in ["create", "update", "rotate", "delete"] {
		request := cast.missing(having(name), concat(":", ["key", verb]))
		found := key.decision with input as request
		found.rule == rule
	}
}

test_administrators_do_the_rest if {
	allowed(administrator, others("owner")) == {"read", "update", "delete"}
	allowed(administrator, machine("owner")) == {verb | some verb in verbs}
	decided(administrator, "delete", others("owner")).rule == "admin_bypass"
}

test_only_administrators_give_the_scope_to_speak_for_others[verb] if {
	some verb in ["create", "rotate"]
	target := owned("svc_machine", "service", "member", ["tenant:assert", "member:read"])
	decided(having("owner"), verb, target).rule == "scope_reserved"
	decided(administrator, verb, target).allow
}

package ostiary.token_test

import data.ostiary.cast_test as cast
import data.ostiary.token

facts := {
	"used": false,
	"successor_used": false,
	"grace_milliseconds": 10000,
	"expired": false,
	"family": {"id": "fam_1", "revoked": false, "expired": false},
	"session": {"id": "ses_1", "revoked": false, "expired": false},
	"account": {"id": "usr_ada", "status": "active"},
	"client": "ostiary",
}

used := {"used": true, "used_age_milliseconds": 9999}

refreshing(change) := found if {
	request := object.union(
		cast.bare(cast.anonymous, "token:refresh"),
		{"resource": {"attributes": {"known": true, "refresh": object.union(facts, change)}}},
	)
	found := token.decision with input as request
}

test_an_unused_token_refreshes if {
	found := refreshing({})
	found.allow
	found.rule == "unused_token_refreshes"
	found.obligations == set()
}

test_a_lost_answer_comes_again if {
	found := refreshing(used)
	found.allow
	found.rule == "lost_answer_repeats"
}

named(client, change) := found if {
	request := object.union(cast.bare(cast.anonymous, "token:refresh"), {"resource": {"attributes": {
		"known": true,
		"named_client": client,
		"refresh": object.union(facts, change),
	}}})
	found := token.decision with input as request
}

test_a_token_of_another_client_refreshes_nothing[client] if {
	some client in ["other", "", "Ostiary", "ostiary "]
	found := named(client, {})
	not found.allow
	not found.may_read
	found.rule == "other_client"
	found.obligations == set()
}

test_a_copy_ends_the_family_whatever_client_shows_it if {
	replayed := object.union(used, {"successor_used": true})
	named("other", replayed).obligations == {{"type": "revoke_family"}}
}

test_the_client_of_a_token_may_name_itself[note] if {
	some note, client in {"by name": "ostiary", "not at all": null}
	named(client, {}).allow
}

test_a_replay_ends_the_family[note] if {
	some note, change in {
		"too late": {"used_age_milliseconds": 10000},
		"the successor was used": {"successor_used": true},
		"without grace": {"grace_milliseconds": 0, "used_age_milliseconds": 0},
	}
	found := refreshing(object.union(used, change))
	not found.allow
	found.rule == "refresh_replayed"
	found.obligations == {{"type": "revoke_family"}}
}

test_what_has_ended_refreshes_nothing[note] if {
	some note, change in {
		"an old token": {"expired": true},
		"an old family": {"family": {"expired": true}},
		"a revoked family": {"family": {"revoked": true}},
		"an old session": {"session": {"expired": true}},
		"a revoked session": {"session": {"revoked": true}},
		"a suspended account": {"account": {"status": "suspended"}},
		"an account that is no more": {"account": {"status": null}},
	}
	found := refreshing(change)
	not found.allow
	found.obligations == set()
}

bound := {
	"organization": {"id": "org_acme", "status": "active"},
	"membership": {"status": "active"},
}

test_without_its_organization_a_token_refreshes_nothing[note] if {
	some note, case in {
		"no member any more": [{"membership": null}, "not_a_member"],
		"a suspended member": [{"membership": {"status": "suspended"}}, "not_a_member"],
		"suspended": [{"organization": {"status": "suspended"}}, "organization_inactive"],
		"deleted": [{"organization": {"status": "deleted"}}, "organization_inactive"],
		"gone": [{"organization": {"status": null}}, "organization_inactive"],
	}
	found := refreshing(object.union(bound, case[0]))
	not found.allow
	not found.may_read
	found.rule == case[1]
	found.obligations == set()
}

test_an_organizations_token_refreshes if refreshing(bound).allow

at_host(change, organization) := found if {
	attributes := {"refresh": object.union(facts, change)}
	request := object.union(
		cast.bare(cast.anonymous, "token:refresh"),
		{"request": {"host_organization": organization}, "resource": {"attributes": attributes}},
	)
	found := token.decision with input as request
}

test_at_anothers_host_a_token_refreshes_nothing if {
	found := at_host(bound, "org_bolt")
	not found.allow
	found.may_read
	found.rule == "tenant_mismatch"
	not at_host(object.union(bound, {"expired": true}), "org_bolt").may_read
}

test_a_copy_at_anothers_host_ends_the_family_too if {
	found := at_host(object.union(bound, object.union(used, {"successor_used": true})), "org_bolt")
	found.obligations == {{"type": "revoke_family"}}
}

test_at_its_own_host_a_token_refreshes if {
	at_host(bound, "org_acme").allow
	at_host({}, "org_acme").allow
}

test_a_family_without_a_session_refreshes if {
	request := object.union(
		cast.bare(cast.anonymous, "token:refresh"),
		{"resource": {"attributes": {"refresh": object.remove(facts, ["session"])}}},
	)
	token.decision.allow with input as request
}

test_a_token_that_nobody_gave_refreshes_nothing if {
	request := object.union(
		cast.bare(cast.anonymous, "token:refresh"),
		{"resource": {"attributes": {"known": false}}},
	)
	found := token.decision with input as request
	not found.allow
	found.obligations == set()
}

introspecting(subject) := found if {
	found := token.decision with input as cast.asking(subject, "token:introspect", {})
}

service := object.union(cast.stranger, {"kind": "service", "organization": "org_acme"})

test_roles_and_services_introspect if {
	introspecting(cast.owner).allow
	introspecting(cast.admin).allow
	introspecting(service).allow
}

test_others_do_not[name] if {
	some name, subject in {
		"member": cast.member,
		"stranger": cast.stranger,
		"nobody": cast.anonymous,
		"another's service": object.union(service, {"organization": "org_other"}),
	}
	not introspecting(subject).allow
}

test_everybody_revokes if {
	token.decision.allow with input as cast.bare(cast.anonymous, "token:revoke")
}

package ostiary.account_test

import data.ostiary.account
import data.ostiary.cast_test as cast

decided(subject, action) := found if {
	found := account.decision with input as cast.bare(subject, action)
}

test_everybody_signs_up[action] if {
	some action in {
		"account:sign_up",
		"account:verify",
		"account:ask_reset",
		"account:reset_password",
	}
	decided(cast.anonymous, action).allow
}

test_nothing_else_is_decided_here if {
	not decided(cast.anonymous, "account:vanish").allow
	not decided(cast.administrator, "account:unheard").allow
}

changing(subject, credential) := changing_with(
	subject, credential,
	{"has_password": true, "lane": {"known_device": false, "failures": 0}},
)

changing_with(subject, credential, facts) := found if {
	request := object.union(
		cast.bare(subject, "account:change_password"),
		{
			"subject": {"credential": object.union({"scopes": ["*"]}, credential)},
			"resource": {"attributes": facts},
		},
	)
	found := account.decision with input as request
}

test_a_session_changes_the_password if {
	changing(cast.stranger, {"session": {"id": "ses_1"}}).allow
}

aged(seconds) := {"session": {"id": "ses_1", "auth_age_seconds": seconds}}

guessed(failures) := {"has_password": true, "lane": {"failures": failures}}

test_wrong_passwords_are_counted if {
	old := aged(86400)
	changing_with(cast.stranger, old, guessed(99)).allow
	found := changing_with(cast.stranger, old, guessed(100))
	found.rule == "lane_closed"
	found.may_read
	changing_with(cast.stranger, old, {"has_password": true}).rule == "lane_closed"
	none := object.union(guessed(100), {"has_password": false})
	changing_with(cast.stranger, aged(0), none).allow
}

test_a_first_password_wants_a_fresh_sign_in[has_password] if {
	some has_password in [false, null]
	facts := {"has_password": has_password, "lane": {"failures": 0}}
	changing_with(cast.stranger, aged(300), facts).obligations == []
	old := changing_with(cast.stranger, aged(301), facts).obligations
	old == [{"type": "step_up", "acr": "aal1", "max_age_seconds": 300}]
	known := object.union(facts, {"has_password": true})
	changing_with(cast.stranger, aged(301), known).obligations == []
}

test_a_key_verifies_no_address if {
	key := object.union(cast.stranger, {"credential": {"kind": "api_key", "scopes": ["*"]}})
	not asked(key, "account:verify_address", {"account": own}).allow
}

test_nothing_else_does if {
	not changing(cast.stranger, {"kind": "api_key"}).allow
	not changing(cast.administrator, {}).allow
	not changing(object.union(cast.stranger, {"status": "suspended"}), {"session": {}}).allow
	not account.decision.allow with input as cast.bare(cast.anonymous, "account:change_password")
}

signed_in(age) := object.union(cast.stranger, {"credential": {
	"kind": "session",
	"session": {"id": "ses_1", "acr": "aal1", "auth_age_seconds": age},
}})

asked(subject, action, facts) := found if {
	request := object.union(cast.bare(subject, action), {"resource": {"attributes": facts}})
	found := account.decision with input as request
}

fresh := signed_in(0)

own := cast.stranger.id

address := {"account": own, "verified": true, "primary": false, "verified_count": 2}

leaving := {"other_administrators": 0, "owned": []}

test_everybody_undoes_with_a_mail if {
	asked(cast.anonymous, "account:undo_address", {"account": own}).allow
	not asked(cast.anonymous, "account:undo_address", {}).allow
	suspended := object.union(cast.stranger, {"status": "suspended"})
	asked(suspended, "account:undo_address", {"account": own}).allow
}

test_accounts_keep_their_profile[action] if {
	some action in ["account:update", "account:list_addresses"]
	asked(cast.stranger, action, {}).allow
	asked(cast.stranger, action, {}).obligations == []
	every name in ["anonymous", "service"] {
		found := asked(object.union(cast.stranger, {"kind": name}), action, {})
		not found.allow
		not found.may_read
	}
}

test_accounts_act_for_themselves[action] if {
	some action, facts in {
		"account:add_address": {"address_count": 1, "known": false},
		"account:verify_address": {"account": own},
		"account:make_primary": address,
		"account:remove_address": address,
		"account:export": {},
		"account:delete": leaving,
	}
	found := asked(fresh, action, facts)
	found.allow
	found.obligations == []
	not asked(cast.anonymous, action, facts).allow
	not asked(object.union(fresh, {"kind": "service"}), action, facts).allow
}

test_nobody_touches_anothers[action] if {
	some action in ["account:verify_address", "account:make_primary", "account:remove_address"]
	found := asked(fresh, action, object.union(address, {"account": "usr_another"}))
	not found.allow
	not found.may_read
	not asked(fresh, action, {}).allow
}

test_suspended_accounts_do_nothing if {
	found := asked(object.union(fresh, {"status": "suspended"}), "account:update", {})
	found.rule == "subject_inactive"
}

test_the_eleventh_address_is_refused if {
	asked(fresh, "account:add_address", {"address_count": 9, "known": false}).allow
	found := asked(fresh, "account:add_address", {"address_count": 10, "known": false})
	found.rule == "too_many_addresses"
	found.may_read
	asked(fresh, "account:add_address", {"address_count": 10, "known": true}).allow
	asked(fresh, "account:add_address", {}).rule == "too_many_addresses"
}

test_what_nobody_has_shown_is_no_primary_address[verified] if {
	some verified in [false, null]
	facts := object.union(address, {"verified": verified})
	asked(fresh, "account:make_primary", facts).rule == "address_unverified"
}

test_the_primary_address_stays if {
	facts := object.union(address, {"primary": true})
	asked(fresh, "account:remove_address", facts).rule == "address_primary"
}

test_the_last_verified_address_stays if {
	facts := object.union(address, {"verified_count": 1})
	asked(fresh, "account:remove_address", facts).rule == "address_last"
	asked(fresh, "account:remove_address", object.union(facts, {"verified": false})).allow
}

administrator := object.union(fresh, {"platform_roles": ["administrator"]})

test_the_last_administrator_stays if {
	found := asked(administrator, "account:delete", leaving)
	found.rule == "last_owner"
	found.reasons == ["the installation would have no administrator"]
	found.may_read
	asked(administrator, "account:delete", object.union(leaving, {"other_administrators": 1})).allow
	not asked(administrator, "account:delete", {"owned": []}).allow
}

test_the_last_owner_of_each_organization_stays if {
	owned := [
		{"organization": "org_acme", "slug": "acme", "other_owners": 0},
		{"organization": "org_bolt", "slug": "bolt", "other_owners": 1},
		{"organization": "org_cargo", "slug": "cargo"},
	]
	found := asked(fresh, "account:delete", object.union(leaving, {"owned": owned}))
	found.rule == "last_owner"
	found.reasons == ["acme (org_acme), cargo (org_cargo) would have no owner"]
}

test_where_nothing_is_known_nobody_goes if not asked(fresh, "account:delete", {}).allow

test_old_sign_ins_and_keys_step_up[action] if {
	some action, facts in {
		"account:add_address": {"address_count": 1, "known": false},
		"account:make_primary": address,
		"account:remove_address": address,
		"account:export": {},
		"account:delete": leaving,
	}
	wanted := [{"type": "step_up", "acr": "aal1", "max_age_seconds": 300}]
	asked(signed_in(301), action, facts).obligations == wanted
	asked(cast.stranger, action, facts).obligations == wanted
	asked(signed_in(300), action, facts).obligations == []
}

revoking(subject, owner) := found if {
	request := object.union(
		cast.bare(subject, "account:revoke_key"),
		{"resource": {"exists": true, "attributes": {"account": owner}}},
	)
	found := account.decision with input as request
}

test_accounts_end_their_own_keys if {
	revoking(cast.stranger, cast.stranger.id).allow
	not revoking(cast.stranger, "usr_another").allow
	not revoking(cast.administrator, "usr_another").allow
	not revoking(cast.anonymous, null).allow
}

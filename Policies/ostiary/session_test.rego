package ostiary.session_test

import data.ostiary.cast_test as cast
import data.ostiary.session

password := {"method": "password", "age_seconds": 0, "device_bound": false}

mail := {"method": "mail", "age_seconds": 0, "device_bound": false}

facts := {
	"kind": "token",
	"client": "ostiary",
	"account": {"id": "usr_ada", "status": "active"},
	"evidence": [password],
	"lane": {"known_device": false, "failures": 0},
}

creating(change) := found if {
	request := object.union(
		cast.bare(cast.anonymous, "session:create"),
		{"resource": {"attributes": object.union(facts, change)}},
	)
	found := session.decision with input as request
}

test_evidence_lets_in if {
	found := creating({})
	found.allow
	found.rule == "evidence_suffices"
	found.obligations == {{"type": "assurance", "acr": "aal1"}}
}

test_each_method_suffices[method] if {
	some method in ["password", "mail"]
	creating({"evidence": [object.union(password, {"method": method})]}).allow
}

test_what_does_not_suffice[note] if {
	some note, change in {
		"nothing shown": {"evidence": []},
		"something unknown": {"evidence": [object.union(password, {"method": "horoscope"})]},
		"old evidence": {"evidence": [object.union(password, {"age_seconds": 601})]},
		"nobody's address": {"account": null},
		"a suspended account": {"account": {"status": "suspended"}},
		"a deleted account": {"account": {"status": "deleted"}},
	}
	found := creating(change)
	not found.allow
	not found.may_read
	found.obligations == set()
}

test_the_hundredth_failure_closes_the_lane if {
	creating({"lane": {"failures": 99}}).allow
	found := creating({"lane": {"failures": 100}})
	found.rule == "lane_closed"
	not found.allow
	not found.may_read
}

test_a_mail_opens_a_closed_lane if {
	creating({"lane": {"failures": 1000}, "evidence": [mail]}).allow
}

active := {"status": "active", "organization_status": "active"}

test_members_alone_get_sessions_of_an_organization if {
	change := {"organization": "org_acme"}
	creating(object.union(change, {"membership": active})).allow
	every refused in [change, object.union(change, {"membership": {"status": "suspended"}})] {
		found := creating(refused)
		found.rule == "not_a_member"
		found.may_read
	}
}

test_an_organization_that_is_not_active_has_no_sessions[status] if {
	some status in ["suspended", "deleted", null]
	membership := object.union(active, {"organization_status": status})
	found := creating({"organization": "org_acme", "membership": membership})
	not found.allow
	found.rule == "organization_inactive"
	found.may_read
}

test_who_is_no_member_learns_nothing_of_the_organization if {
	found := creating({"organization": "org_acme"})
	found.reasons == ["the account is no active member of the organization"]
}

test_who_has_shown_nothing_learns_nothing_of_memberships if {
	found := creating({"organization": "org_acme", "evidence": []})
	not found.allow
	not found.may_read
}

test_everybody_may_try if {
	found := session.decision with input as cast.bare(cast.anonymous, "session:attempt")
	found.allow
}

ending(credential) := found if {
	request := object.union(
		cast.bare(cast.stranger, "session:end"),
		{"subject": {"credential": credential}},
	)
	found := session.decision with input as request
}

test_who_has_a_session_steps_up if {
	request := object.union(
		cast.bare(cast.stranger, "session:step_up"),
		{"subject": {"credential": {"session": {"id": "ses_1"}}}},
	)
	session.decision.allow with input as request
	not session.decision.allow with input as cast.bare(cast.stranger, "session:step_up")
}

test_sessions_are_ended_by_who_has_one if {
	ending({"session": {"id": "ses_1"}}).allow
	not ending({"kind": "api_key"}).allow
	not session.decision.allow with input as cast.bare(cast.anonymous, "session:end")
}

own(subject, action, owner) := found if {
	request := object.union(
		cast.bare(subject, action),
		{"resource": {"exists": true, "attributes": {"account": owner}}},
	)
	found := session.decision with input as request
}

test_accounts_see_and_end_their_own if {
	own(cast.stranger, "session:list", null).allow
	own(cast.stranger, "session:revoke_all", null).allow
	own(cast.stranger, "session:revoke", cast.stranger.id).allow
}

test_nobody_ends_anothers[name] if {
	some name, subject in {
		"stranger": cast.stranger,
		"administrator": cast.administrator,
		"nobody": cast.anonymous,
	}
	not own(subject, "session:revoke", "usr_another").allow
}

test_nobody_has_no_sessions if not own(cast.anonymous, "session:list", null).allow

handing(subject, membership) := handing_to("active", subject, membership)

handing_to(status, subject, membership) := found if {
	organization := {"id": "org_acme", "status": status}
	attributes := {"organization": organization, "membership": membership}
	request := object.union(
		cast.bare(subject, "session:hand_over"),
		{"resource": {"attributes": attributes}},
	)
	found := session.decision with input as request
}

test_members_hand_their_session_over if {
	handing(cast.fresh(cast.stranger), {"status": "active"}).allow
	not handing(cast.stranger, {"status": "active"}).allow
	not handing(cast.anonymous, {"status": "active"}).allow
}

test_strangers_are_told_that_they_are_none[note] if {
	some note, membership in {"suspended": {"status": "suspended"}, "none": {}}
	found := handing(cast.fresh(cast.stranger), membership)
	not found.allow
	found.rule == "not_a_member"
	found.may_read
}

test_nobody_hands_over_to_an_organization_that_is_not_active[status] if {
	some status in ["suspended", "deleted", null]
	found := handing_to(status, cast.fresh(cast.stranger), {"status": "active"})
	not found.allow
	found.rule == "organization_inactive"
}

at_acme := {"host_organization": "org_acme"}

handed_over(change) := found if {
	request := object.union(
		cast.bare(cast.anonymous, "session:create"),
		{
			"request": at_acme,
			"resource": {"attributes": object.union(
				object.union(facts, {
					"evidence": [object.union(password, {"age_seconds": 3600})],
					"organization": "org_acme",
					"membership": active,
					"handed_over": {"session": "ses_1"},
				}),
				change,
			)},
		},
	)
	found := session.decision with input as request
}

test_what_was_handed_over_lets_in if handed_over({}).rule == "session_handed_over"

test_what_is_handed_over_in_vain[note] if {
	some note, change in {
		"a suspended account": {"account": {"status": "suspended"}},
		"no member any more": {"membership": {"status": "suspended"}},
		"a suspended organization": {"membership": {"organization_status": "suspended"}},
		"another organization": {"organization": "org_bolt"},
	}
	not handed_over(change).allow
}

test_hosts_of_organizations_finish if {
	request := cast.bare(cast.anonymous, "session:finish")
	not session.decision.allow with input as request
	session.decision.allow with input as object.union(request, {"request": at_acme})
}

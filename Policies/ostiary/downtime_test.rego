# What maintenance lets through, asked of the areas that decide it.
package ostiary.downtime_test

import data.ostiary.account
import data.ostiary.cast_test as cast
import data.ostiary.maintenance
import data.ostiary.me
import data.ostiary.organization
import data.ostiary.service
import data.ostiary.session
import data.ostiary.token

closed(request) := object.union(request, {"maintenance": {"known": true}})

kept_out := {"allow": false, "rule": "maintenance"}

outcome(verdict) := object.filter(verdict, ["allow", "rule"])

asked_of_me(subject) := found if {
	found := me.decision with input as closed(cast.bare(subject, "me:read"))
}

test_everybody_is_kept_out[name] if {
	some name, subject in {"nobody": cast.anonymous, "owner": cast.owner, "viewer": cast.viewer}
	outcome(asked_of_me(subject)) == kept_out
}

test_an_owner_is_kept_out_of_their_organization if {
	request := closed(cast.asking(cast.owner, "organization:read", {}))
	found := organization.decision with input as request
	outcome(found) == kept_out
	found.reasons == ["the installation is under maintenance"]
}

test_a_node_that_does_not_know_keeps_out if {
	request := object.union(cast.bare(cast.owner, "me:read"), {"maintenance": {"known": false}})
	found := me.decision with input as request
	outcome(found) == kept_out
}

test_administrators_get_through if {
	asked_of_me(cast.administrator).allow
	request := closed(cast.asking(cast.administrator, "organization:read", {}))
	found := organization.decision with input as request
	found.allow
}

test_suspended_administrators_do_not if {
	not asked_of_me(object.union(cast.administrator, {"status": "suspended"})).allow
}

test_administrators_end_it if {
	request := closed(cast.bare(cast.fresh(cast.administrator), "maintenance:stop"))
	found := maintenance.decision with input as request
	found.allow
}

test_the_server_tells_of_itself[action] if {
	some action in ["service:describe", "service:health", "service:keys"]
	found := service.decision with input as closed(cast.bare(cast.anonymous, action))
	found.allow
}

test_this_machine_sees_details if {
	request := object.union(
		closed(cast.bare(cast.anonymous, "service:details")),
		{"request": {"address": "127.0.0.1"}},
	)
	found := service.decision with input as request
	found.allow
}

page(route) := found if {
	request := object.union(
		closed(cast.bare(cast.anonymous, "service:page")),
		{"request": {"route": route}},
	)
	found := service.decision with input as request
}

test_pages_on_the_way_in_are_shown[route] if {
	some route in ["/assets/{file}", "/magic-link", "/sign-in", "/sign-in/mail"]
	page(route).allow
}

test_other_pages_are_not[route] if {
	some route in ["/", "/sign-up", "/reset", ""]
	outcome(page(route)) == kept_out
}

test_other_pages_are_shown_afterwards if {
	found := service.decision with input as cast.bare(cast.anonymous, "service:page")
	found.allow
}

test_everybody_may_try_to_sign_in if {
	found := session.decision with input as closed(cast.bare(cast.anonymous, "session:attempt"))
	found.allow
}

test_nobody_signs_up if {
	found := account.decision with input as closed(cast.bare(cast.anonymous, "account:sign_up"))
	outcome(found) == kept_out
}

creating(change) := found if {
	facts := {
		"account": {"id": "usr_1", "status": "active", "platform_roles": []},
		"evidence": [{"method": "password", "age_seconds": 0}],
		"lane": {"known_device": false, "failures": 0},
	}
	request := object.union(
		closed(cast.bare(cast.anonymous, "session:create")),
		{"resource": {"attributes": object.union(facts, change)}},
	)
	found := session.decision with input as request
}

of_administrator := {"account": {"platform_roles": ["administrator"]}}

test_administrators_come_in if creating(of_administrator).rule == "evidence_suffices"

test_others_learn_why_they_do_not if {
	found := creating({})
	outcome(found) == kept_out
	found.may_read
}

test_who_has_shown_nothing_learns_nothing if {
	not creating({"evidence": []}).may_read
	found := creating(object.union(of_administrator, {"evidence": []}))
	not found.allow
	not found.may_read
}

refreshing(roles) := found if {
	request := object.union(closed(cast.bare(cast.anonymous, "token:refresh")), {"resource": {"attributes": {
		"known": true,
		"refresh": {
			"used": false,
			"expired": false,
			"family": {"revoked": false, "expired": false},
			"session": {"revoked": false, "expired": false},
			"account": {"status": "active", "platform_roles": roles},
		},
	}}})
	found := token.decision with input as request
}

test_administrators_stay if refreshing(["administrator"]).allow

test_others_do_not if outcome(refreshing([])) == kept_out

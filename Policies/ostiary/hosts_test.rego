package ostiary.hosts_test

import data.ostiary.cast_test as cast
import data.ostiary.hosts
import data.ostiary.session

asked(action, organization) := object.union(
	cast.bare(cast.stranger, action),
	{"request": {"host_organization": organization}},
)

test_nobody_shows_who_they_are_elsewhere[action] if {
	some action in [
		"account:change_password", "account:sign_up", "session:attempt", "session:hand_over",
		"session:list", "session:revoke", "session:revoke_all", "session:step_up",
		"setup:complete",
	]
	found := hosts.denials with input as asked(action, "org_acme")
	{denial.rule | some denial in found} == {"issuer_only"}
	count(hosts.denials) == 0 with input as cast.bare(cast.stranger, action)
}

test_other_things_are_done_there[action] if {
	some action in ["member:list", "me:read", "session:end", "session:finish"]
	count(hosts.denials) == 0 with input as asked(action, "org_acme")
}

test_pages_are_at_the_issuers_host[route] if {
	some route in ["/sign-up", "/reset", "/sign-in/mail"]
	request := object.union(asked("service:page", "org_acme"), {"request": {"route": route}})
	count(hosts.denials) == 1 with input as request
	other := object.union(cast.bare(cast.anonymous, "service:page"), {"request": {"route": route}})
	count(hosts.denials) == 0 with input as other
}

test_every_host_has_the_way_in[route] if {
	some route in ["/", "/sign-in", "/assets/{file}"]
	request := object.union(asked("service:page", "org_acme"), {"request": {"route": route}})
	count(hosts.denials) == 0 with input as request
}

creating(attributes) := object.union(
	asked("session:create", "org_acme"),
	{"resource": {"attributes": attributes}},
)

test_sessions_are_handed_over[note] if {
	some note, attributes in {
		"shown here": {"organization": "org_acme"},
		"to another": {"organization": "org_bolt", "handed_over": {"session": "ses_1"}},
		"to none": {"handed_over": {"session": "ses_1"}},
	}
	count(hosts.denials) == 1 with input as creating(attributes)
}

test_to_the_organization_of_the_host if {
	handed := {"organization": "org_acme", "handed_over": {"session": "ses_1"}}
	count(hosts.denials) == 0 with input as creating(handed)
}

test_the_verdict_heeds_it if {
	found := session.decision with input as asked("session:attempt", "org_acme")
	not found.allow
	found.rule == "issuer_only"
}

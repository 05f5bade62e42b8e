package ostiary.service_test

import data.ostiary.cast_test as cast
import data.ostiary.service

decided(request) := found if {
	found := service.decision with input as request
}

from(address, request) := object.union(request, {"request": {"address": address}})

test_everybody_sees_the_service[action] if {
	some action in ["service:describe", "service:health", "service:page"]
	decided(cast.bare(cast.anonymous, action)) == {
		"allow": true,
		"rule": "everybody_sees_the_service",
		"reasons": ["everybody may see this"],
		"obligations": [],
		"may_read": true,
	}
}

test_everybody_sees_the_keys[name] if {
	some name, subject in {"nobody": cast.anonymous, "member": cast.member}
	decided(cast.bare(subject, "service:keys")) == {
		"allow": true,
		"rule": "everybody_sees_the_keys",
		"reasons": ["whoever is shown a token may verify it"],
		"obligations": [],
		"may_read": true,
	}
}

test_keys_are_seen_in_every_state if {
	request := object.union(
		cast.asking(cast.scoped(cast.member, []), "service:keys", {}),
		{"tenant": {"status": "suspended", "flags": {"maintenance": true}}},
	)
	decided(request).allow
}

test_health_is_seen_in_every_state if {
	request := object.union(
		cast.asking(cast.scoped(cast.member, []), "service:health", {}),
		{"tenant": {"status": "suspended", "flags": {"maintenance": true}}},
	)
	decided(request).allow
}

test_details_are_not_everybodys[name] if {
	some name, subject in {"nobody": cast.anonymous, "owner": cast.owner}
	some address in ["203.0.113.7", "128.0.0.1", "1.127.0.0", "::2", "::127", ""]
	not decided(from(address, cast.bare(subject, "service:details"))).allow
}

test_administrators_see_details if {
	decided(cast.bare(cast.administrator, "service:details")).rule == "administrator_sees_details"
}

test_suspended_administrators_see_no_details if {
	subject := object.union(cast.administrator, {"status": "suspended"})
	not decided(cast.bare(subject, "service:details")).allow
}

test_this_machine_sees_details[address] if {
	some address in ["127.0.0.1", "127.8.9.10", "::1"]
	found := decided(from(address, cast.bare(cast.anonymous, "service:details")))
	found.rule == "machine_sees_details"
}

test_unknown_actions_are_denied if {
	not decided(from("127.0.0.1", cast.bare(cast.administrator, "service:stop"))).allow
}

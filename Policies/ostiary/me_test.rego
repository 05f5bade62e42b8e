package ostiary.me_test

import data.ostiary.cast_test as cast
import data.ostiary.me

decided(request) := found if {
	found := me.decision with input as request
}

test_nobody_is_nobody if {
	found := decided(cast.bare(cast.anonymous, "me:read"))
	not found.allow
	not found.may_read
	found.reasons == ["`me:read` needs a credential"]
}

test_everybody_sees_who_they_are[kind] if {
	some kind in ["account", "service", "client", "operator"]
	subject := object.union(cast.stranger, {"kind": kind})
	decided(cast.bare(subject, "me:read")).rule == "subject_reads_itself"
}

test_keys_that_are_not_for_it_see_nothing if {
	subject := cast.scoped(cast.stranger, ["member:*"])
	decided(cast.bare(subject, "me:read")).rule == "scope_missing"
}

test_unknown_actions_are_denied if {
	not decided(cast.bare(cast.stranger, "me:delete")).allow
}

at_acme(subject) := object.union(
	cast.bare(subject, "me:read"),
	{"request": {"host_organization": "org_acme"}, "tenant": cast.acme},
)

test_an_organizations_host_knows_its_members_alone[name] if {
	some name, subject in {
		"stranger": cast.stranger,
		"administrator": cast.administrator,
		"member of another": object.union(
			cast.member,
			{"membership": {"organization": "org_bolt"}},
		),
		"suspended": object.union(cast.member, {"membership": {"status": "suspended"}}),
	}
	not decided(at_acme(subject)).allow
}

test_strangers_at_a_host_are_told_that_they_are_none if {
	found := decided(at_acme(cast.stranger))
	found.rule == "not_a_member"
	found.may_read
}

test_members_see_who_they_are_at_its_host if decided(at_acme(cast.viewer)).allow

test_a_trusted_program_is_who_it_is_at_any_host if {
	program := object.union(
		cast.scoped(cast.stranger, ["tenant:assert", "me:read"]),
		{"kind": "service", "organization": "org_home"},
	)
	asserted := {
		"organization": "org_home",
		"status": "active",
		"membership": {"status": "active"},
	}
	request := object.union(at_acme(program), {"request": {"asserted_by": asserted}})
	decided(request).allow
	suspended := object.union(request, {"request": {"asserted_by": {"status": "suspended"}}})
	not decided(suspended).allow
}

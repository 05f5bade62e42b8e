package ostiary.member_test

import data.ostiary.cast_test as cast
import data.ostiary.member

decided(subject, verb, facts) := found if {
	action := concat(":", ["member", verb])
	found := member.decision with input as cast.asking(subject, action, facts)
}

rank(name) := cast.roles[name].rank

given(name) := {"role": {"name": name, "rank": rank(name)}}

target(name) := {
	"target": {"principal": "usr_other", "roles": [name], "rank": rank(name)},
	"owner_count": 2,
}

change(from, to) := object.union(target(from), given(to))

self(subject, name) := object.union(target(name), {"target": {"principal": subject.id}})

leaving(subject, facts) := found if {
	request := object.union(
		cast.asking(subject, "member:delete", facts),
		{"resource": {"id": "mem_self"}},
	)
	found := member.decision with input as request
}

test_each_role_reads_what_it_may[name] if {
	some name, verbs in {
		"owner": {"read", "list"},
		"admin": {"read", "list"},
		"member": {"read", "list"},
		"viewer": set(),
	}
	subject := cast.having(cast.roles[name])
	verbs == {verb | some verb in ["read", "list"]; decided(subject, verb, {}).allow}
}

test_each_role_gives_roles_up_to_its_rank[name] if {
	some name, roles in {
		"owner": {"owner", "admin", "member", "viewer"},
		"admin": {"admin", "member", "viewer"},
		"member": set(),
		"viewer": set(),
	}
	subject := cast.having(cast.roles[name])
	roles == {role |
		some role in object.keys(cast.roles)
		decided(subject, "create", given(role)).allow
	}
}

test_each_role_removes_roles_up_to_its_rank[name] if {
	some name, roles in {
		"owner": {"owner", "admin", "member", "viewer"},
		"admin": {"admin", "member", "viewer"},
		"member": set(),
		"viewer": set(),
	}
	subject := cast.having(cast.roles[name])
	roles == {role |
		some role in object.keys(cast.roles)
		decided(subject, "delete", target(role)).allow
	}
}

test_rules_are_named if {
	decided(cast.member, "read", {}).rule == "role_reads_members"
	decided(cast.admin, "create", given("member")).rule == "role_adds_member"
	decided(cast.admin, "update", change("member", "admin")).rule == "role_changes_member"
	decided(cast.admin, "delete", target("member")).rule == "role_removes_member"
}

test_a_viewer_deletes_nobody if {
	found := decided(cast.viewer, "delete", target("viewer"))
	not found.allow
	not found.may_read
}

test_a_member_who_may_not_act_may_still_read if {
	found := decided(cast.member, "delete", target("viewer"))
	not found.allow
	found.may_read
	found.rule == "default"
}

test_an_admin_makes_nobody_an_owner if {
	not decided(cast.admin, "create", given("owner")).allow
	not decided(cast.admin, "update", change("member", "owner")).allow
}

test_an_admin_does_not_change_an_owner if {
	not decided(cast.admin, "update", change("owner", "member")).allow
	not decided(cast.admin, "update", change("owner", "owner")).allow
}

test_an_owner_changes_everybody if {
	decided(cast.owner, "update", change("member", "owner")).allow
	decided(cast.owner, "update", change("owner", "viewer")).allow
}

test_rank_alone_makes_no_owner if {
	subject := cast.having(cast.custom_role(100, ["member:*"]))
	not decided(subject, "create", given("owner")).allow
	not decided(subject, "update", change("owner", "owner")).allow
	not decided(subject, "update", change("member", "owner")).allow
	not decided(subject, "delete", target("owner")).allow
	decided(subject, "delete", target("admin")).allow
}

test_custom_roles_stay_within_their_rank if {
	subject := cast.having(cast.custom_role(40, ["member:*"]))
	decided(subject, "create", given("member")).allow
	not decided(subject, "create", given("admin")).allow
	decided(subject, "update", change("viewer", "member")).allow
	not decided(subject, "update", change("viewer", "admin")).allow
	not decided(subject, "update", change("admin", "viewer")).allow
	not decided(subject, "delete", target("admin")).allow
}

test_an_owner_among_roles_is_an_owner if {
	facts := {"target": {"principal": "usr_other", "roles": ["viewer", "owner"], "rank": 20}}
	not decided(cast.admin, "delete", object.union(facts, {"owner_count": 2})).allow
}

test_facts_that_lack_permit_nothing[note] if {
	some note, facts in {
		"none": {},
		"a role without rank": {"role": {"name": "viewer"}},
		"a rank of nothing": {"role": {"name": "viewer", "rank": null}},
		"a target without roles": {"target": {"principal": "usr_other", "rank": 20}},
		"a target without rank": {"target": {"principal": "usr_other", "roles": ["viewer"]}},
		"a rank that is nothing": {"target": {"principal": "usr_other", "roles": [], "rank": null}},
	}
	some verb in ["create", "update", "delete"]
	not decided(cast.admin, verb, facts).allow
}

test_a_change_needs_both_roles if {
	not decided(cast.owner, "update", target("member")).allow
	not decided(cast.owner, "update", given("member")).allow
}

test_everybody_may_leave[name] if {
	some name in ["owner", "admin", "member", "viewer"]
	subject := cast.having(cast.roles[name])
	leaving(subject, self(subject, name)).allow
}

test_leaving_is_a_rule_of_its_own if {
	leaving(cast.viewer, self(cast.viewer, "viewer")).rule == "member_leaves"
}

test_nobody_leaves_for_others if {
	not leaving(cast.viewer, target("viewer")).allow
	not decided(cast.viewer, "delete", self(cast.viewer, "viewer")).allow
}

test_a_service_account_is_no_owner[note] if {
	some note, found in {
		"added": decided(cast.owner, "create", object.union(
			given("owner"),
			{"principal": {"kind": "service"}},
		)),
		"promoted": decided(cast.owner, "update", object.union(
			change("member", "owner"),
			{"target": {"kind": "service"}},
		)),
		"promoted by an administrator": decided(cast.administrator, "update", object.union(
			change("member", "owner"),
			{"target": {"kind": "service"}},
		)),
	}
	not found.allow
	found.rule == "owner_is_nobody"
	found.reasons == ["a service account cannot be an owner"]
}

test_a_service_account_has_any_other_role if {
	machine := {"target": {"kind": "service"}, "principal": {"kind": "service"}}
	decided(cast.admin, "create", object.union(given("admin"), machine)).allow
	decided(cast.admin, "update", object.union(change("viewer", "admin"), machine)).allow
}

test_the_last_owner_stays[note] if {
	last := object.union(target("owner"), {"owner_count": 1})
	some note, found in {
		"removed by an owner": decided(cast.owner, "delete", last),
		"removed by an administrator": decided(cast.administrator, "delete", last),
		"removed by an admin": decided(cast.admin, "delete", last),
		"leaving": leaving(cast.owner, object.union(
			self(cast.owner, "owner"),
			{"owner_count": 1},
		)),
		"made a member": decided(cast.owner, "update", object.union(last, given("member"))),
		"made one by an administrator": decided(
			cast.administrator, "update",
			object.union(last, given("member")),
		),
		"suspended": decided(cast.owner, "update", object.union_n([
			last, given("owner"),
			{"status": "suspended"},
		])),
		"given no role": decided(cast.owner, "update", last),
		"of an unknown number": decided(
			cast.owner, "delete",
			object.remove(last, ["owner_count"]),
		),
	}
	not found.allow
	found.may_read
	found.rule == "last_owner"
	found.reasons == ["the organization would have no owner"]
}

test_the_last_owner_may_be_changed_and_remain_one if {
	last := object.union(target("owner"), {"owner_count": 1})
	decided(cast.owner, "update", object.union(last, given("owner"))).allow
}

test_the_last_owner_counts_where_an_owner_goes if {
	member_of_one := object.union(target("member"), {"owner_count": 1})
	decided(cast.owner, "delete", member_of_one).allow
	not decided(cast.viewer, "read", object.union(target("owner"), {"owner_count": 1})).allow
}

test_members_of_other_organizations_are_hidden[verb] if {
	some verb in ["read", "list", "create", "update", "delete"]
	found := decided(cast.stranger, verb, object.union(change("viewer", "viewer"), {"owner_count": 9}))
	not found.allow
	not found.may_read
}

test_members_that_are_not_there[name] if {
	some name, rule in {
		"owner": "nothing_there",
		"member": "nothing_there",
		"viewer": "default",
	}
	some action in ["member:update", "member:delete"]
	request := cast.missing(cast.having(cast.roles[name]), action)
	found := member.decision with input as request
	found.rule == rule
}

test_a_member_that_is_not_there_yet_is_added_by_rank_alone if {
	request := cast.missing(cast.member, "member:create")
	found := member.decision with input as request
	not found.allow
}

test_administrators_do_everything[verb] if {
	some verb in ["read", "list", "create", "update", "delete"]
	facts := object.union(change("owner", "owner"), {"owner_count": 2})
	decided(cast.administrator, verb, facts).rule == "admin_bypass"
}

joining(principal, domains) := found if {
	facts := {"role": cast.roles.viewer, "principal": principal, "email_domains": domains}
	found := member.decision with input as cast.asking(cast.owner, "member:create", facts)
}

test_members_have_addresses_of_the_domains_that_are_named[note] if {
	some note, row in {
		"none are named": [{"kind": "account"}, [], true],
		"one of them": [{"kind": "account", "email_domain": "b.test"}, ["a.test", "b.test"], true],
		"another": [{"kind": "account", "email_domain": "c.test"}, ["a.test", "b.test"], false],
		"below one": [{"kind": "account", "email_domain": "x.a.test"}, ["a.test"], false],
		"no address": [{"kind": "account"}, ["a.test"], false],
		"a program": [{"kind": "service"}, ["a.test"], true],
	}
	found := joining(row[0], row[1])
	found.allow == row[2]
}

test_who_is_not_taken_is_told_why if {
	joining({"kind": "account"}, ["a.test"]).rule == "address_not_taken"
}

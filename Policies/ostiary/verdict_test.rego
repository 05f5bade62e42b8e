# What holds in every area, asked of organizations.
package ostiary.verdict_test

import data.ostiary.cast_test as cast
import data.ostiary.organization
import data.ostiary.platform
import data.ostiary.verdict

decided(request) := found if {
	found := organization.decision with input as request
}

reading(subject) := cast.asking(subject, "organization:read", {})

changed(change) := object.union(reading(cast.owner), change)

test_a_verdict_says_what_decided if {
	decided(reading(cast.viewer)) == {
		"allow": true,
		"rule": "role_permits",
		"reasons": ["a role of the subject permits it"],
		"obligations": [],
		"may_read": true,
	}
}

test_a_denial_says_what_is_needed if {
	decided(cast.asking(cast.viewer, "organization:update", {})) == {
		"allow": false,
		"rule": "default",
		"reasons": ["`organization:update` needs a role that permits it"],
		"obligations": [],
		"may_read": true,
	}
}

test_an_empty_input_is_denied if {
	found := decided({})
	not found.allow
	not found.may_read
}

test_unknown_actions_are_denied_to_everybody[name] if {
	some name, subject in {
		"owner": cast.owner,
		"administrator": cast.administrator,
		"nobody": cast.anonymous,
	}
	some action in ["organization:fly", "organization", "organization:", "member:read", ""]
	found := decided(cast.asking(subject, action, {}))
	not found.allow
	found.rule == "default"
	found.reasons == [sprintf("`%v` is no known action", [action])]
}

test_unknown_kinds_of_subjects_are_denied if {
	not decided(changed({"subject": {"kind": "robot"}})).allow
	not decided(reading(object.remove(cast.owner, ["kind"]))).allow
}

test_subjects_that_are_not_active_are_denied[status] if {
	some status in ["suspended", "deleted", "whatever"]
	found := decided(changed({"subject": {"status": status}}))
	not found.allow
	not found.may_read
	found.rule == "subject_inactive"
}

test_subjects_without_status_are_denied if {
	decided(reading(object.remove(cast.owner, ["status"]))).rule == "subject_inactive"
}

test_suspended_administrators_are_denied if {
	subject := object.union(cast.administrator, {"status": "suspended"})
	decided(reading(subject)).rule == "subject_inactive"
}

test_suspended_members_are_denied_and_know_why if {
	found := decided(changed({"subject": {"membership": {"status": "suspended"}}}))
	not found.allow
	found.may_read
	found.rule == "membership_suspended"
}

test_members_without_status_are_denied if {
	membership := object.remove(cast.owner.membership, ["status"])
	subject := json.patch(cast.owner, [{"op": "replace", "path": "membership", "value": membership}])
	decided(reading(subject)).rule == "membership_suspended"
}

test_scopes_limit_what_roles_permit[note] if {
	some note, scopes in {
		"none": [],
		"another action": ["organization:list"],
		"another area": ["member:*"],
		"a part of the word": ["organ:*", "organization:rea", "*:read", "organization*"],
	}
	found := decided(reading(cast.scoped(cast.owner, scopes)))
	not found.allow
	found.may_read
	found.rule == "scope_missing"
	found.reasons == ["the credential has no scope for `organization:read`"]
}

test_scopes_cover_actions_and_areas[scope] if {
	some scope in ["*", "organization:read", "organization:*"]
	decided(reading(cast.scoped(cast.owner, [scope]))).allow
}

test_scopes_give_no_rights if {
	not decided(reading(cast.scoped(cast.stranger, ["*", "organization:read"]))).allow
}

test_subjects_without_credential_are_denied if {
	decided(reading(object.remove(cast.owner, ["credential"]))).rule == "scope_missing"
}

test_scopes_limit_administrators if {
	decided(reading(cast.scoped(cast.administrator, ["member:*"]))).rule == "scope_missing"
}

test_members_of_another_organization_are_denied[note] if {
	some note, change in {
		"the credential is another's": {"subject": {"organization": "org_other"}},
		"the membership is another's": {"subject": {"membership": {"organization": "org_other"}}},
		"the resource is another's": {"resource": {"organization": "org_other"}},
		"all but the request are another's": {
			"subject": {
				"organization": "org_other",
				"membership": {"organization": "org_other"},
			},
			"resource": {"organization": "org_other"},
		},
	}
	found := decided(changed(change))
	not found.allow
	not found.may_read
	found.rule == "tenant_mismatch"
}

test_a_credential_opens_no_other_organization_without_a_tenant_either if {
	request := object.union(
		cast.bare(cast.administrator, "platform:read"),
		{"subject": {"organization": "org_acme"}, "resource": {"organization": "org_other"}},
	)
	found := platform.decision with input as request
	found.rule == "tenant_mismatch"
}

test_credentials_for_this_organization_open_it if {
	decided(changed({"subject": {"organization": "org_acme"}})).allow
}

test_suspended_organizations_are_closed if {
	found := decided(changed({"tenant": {"status": "suspended"}}))
	not found.allow
	found.may_read
	found.rule == "tenant_suspended"
}

test_deleted_organizations_are_not_there[status] if {
	some status in ["deleted", "whatever"]
	found := decided(changed({"tenant": {"status": status}}))
	not found.allow
	not found.may_read
	found.rule == "tenant_deleted"
}

test_organizations_without_status_are_not_there if {
	request := reading(cast.owner)
	tenant := object.remove(cast.acme, ["status"])
	found := decided(json.patch(request, [{"op": "replace", "path": "tenant", "value": tenant}]))
	found.rule == "tenant_deleted"
}

test_maintenance_closes_the_organization if {
	found := decided(changed({"tenant": {"flags": {"maintenance": true}}}))
	not found.allow
	found.may_read
	found.rule == "maintenance"
}

test_a_denial_beats_every_permit if {
	found := decided(object.union(
		reading(cast.scoped(cast.owner, [])),
		{"tenant": {"status": "suspended", "flags": {"maintenance": true}}},
	))
	not found.allow
	count(found.reasons) == 3
}

test_administrators_pass_where_others_do_not[note] if {
	some note, change in {
		"without membership": {},
		"in maintenance": {"tenant": {"flags": {"maintenance": true}}},
		"in a suspended organization": {"tenant": {"status": "suspended"}},
		"in a deleted organization": {"tenant": {"status": "deleted"}},
		"with a suspended membership": {"subject": {"membership": {
			"organization": "org_acme",
			"status": "suspended",
			"roles": [],
		}}},
	}
	request := cast.asking(cast.administrator, "organization:rename", {})
	found := decided(object.union(request, change))
	found.allow
	found.rule == "admin_bypass"
	found.reasons == ["admin_bypass"]
}

test_the_bypass_is_named_only_where_it_is_needed if {
	subject := object.union(cast.owner, {"platform_roles": ["administrator"]})
	found := decided(reading(subject))
	found.rule == "role_permits"
	found.reasons == ["a role of the subject permits it", "admin_bypass"]
}

test_other_roles_of_the_platform_pass_nowhere if {
	not decided(reading(object.union(cast.stranger, {"platform_roles": ["support"]}))).allow
	not decided(reading(object.union(cast.anonymous, {"platform_roles": ["administrator"]}))).allow
}

test_what_the_caller_claims_is_not_believed if {
	claims := {"claimed": {
		"subject": cast.administrator,
		"tenant": cast.acme,
		"platform_roles": ["administrator"],
		"resource": {"organization": "org_acme"},
		"action": "organization:list",
	}}
	request := object.union(reading(cast.stranger), {"request": claims})
	decided(request) == decided(reading(cast.stranger))
	not decided(request).allow
}

test_what_is_not_there_is_found_missing_by_those_who_read if {
	found := decided(cast.missing(cast.viewer, "organization:rename"))
	found.allow
	found.rule == "nothing_there"
	found.reasons == ["there is no such resource"]
}

test_what_is_not_there_is_hidden_from_others if {
	found := decided(cast.missing(cast.stranger, "organization:rename"))
	not found.allow
	not found.may_read
}

test_what_is_to_be_made_need_not_be_there if {
	not decided(cast.missing(cast.owner, "organization:create")).allow
}

test_the_shape_is_always_the_same[name] if {
	some name, found in {
		"allowed": decided(reading(cast.owner)),
		"denied": decided(reading(cast.stranger)),
		"without input": verdict.of_platform({
			"actions": {},
			"permits": set(),
			"denials": set(),
			"obligations": set(),
		}),
	}
	object.keys(found) == {"allow", "rule", "reasons", "obligations", "may_read"}
}

trusted := {
	"kind": "service",
	"id": "svc_gateway",
	"status": "active",
	"platform_roles": [],
	"organization": "org_operations",
	"credential": {"kind": "api_key", "id": "key_1", "scopes": ["tenant:assert", "organization:read"]},
}

asserting(subject, organization) := standing_at_home(subject, {
	"organization": organization,
	"status": "active",
	"membership": {"status": "active"},
})

standing_at_home(subject, home) := object.union(
	cast.asking(subject, "organization:read", {}),
	{"request": {"asserted_by": home}},
)

test_trusted_programs_speak_of_any_organization_and_have_no_rights_there if {
	found := decided(asserting(trusted, "org_operations"))
	found.rule == "default"
	decided(asserting(object.union(trusted, {"platform_roles": ["administrator"]}), "org_operations")).allow
}

test_nobody_else_speaks_of_another_organization[note] if {
	some note, request in {
		"another organization's": asserting(trusted, "org_bolt"),
		"nobody's": cast.asking(trusted, "organization:read", {}),
		"an account": asserting(object.union(trusted, {"kind": "account"}), "org_operations"),
		"without the scope": asserting(cast.scoped(trusted, ["*"]), "org_operations"),
	}
	found := decided(request)
	found.rule == "tenant_mismatch"
	not found.may_read
}

test_trusted_programs_that_do_not_stand_at_home_speak_of_no_other_organization[note] if {
	some note, home in {
		"suspended": {"status": "suspended", "membership": {"status": "active"}},
		"deleted": {"status": "deleted", "membership": {"status": "active"}},
		"of an unknown state": {"membership": {"status": "active"}},
		"a suspended membership": {"status": "active", "membership": {"status": "suspended"}},
		"no membership": {"status": "active"},
	}
	administrator := object.union(trusted, {"platform_roles": ["administrator"]})
	found := decided(standing_at_home(
		administrator,
		object.union({"organization": "org_operations"}, home),
	))
	found.rule == "tenant_mismatch"
	not found.may_read
}

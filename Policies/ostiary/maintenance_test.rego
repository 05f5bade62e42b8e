package ostiary.maintenance_test

import data.ostiary.cast_test as cast
import data.ostiary.maintenance

changes := {"maintenance:start", "maintenance:stop"}

decided(subject, action) := found if {
	found := maintenance.decision with input as cast.bare(subject, action)
}

test_administrators_see_to_it[action] if {
	some action in (changes | {"maintenance:read"})
	found := decided(cast.fresh(cast.administrator), action)
	found.rule == "administrator_maintains"
	found.allow
	found.obligations == []
}

test_nobody_else_does[action] if {
	some action in (changes | {"maintenance:read"})
	every subject in [cast.anonymous, cast.fresh(cast.stranger), cast.fresh(cast.owner)] {
		found := decided(subject, action)
		not found.allow
		not found.may_read
	}
}

test_changes_want_a_fresh_sign_in[action] if {
	some action in changes
	every subject in [cast.administrator, cast.signed_in(cast.administrator, 301)] {
		decided(subject, action).obligations == [{
			"type": "step_up",
			"acr": "aal1",
			"max_age_seconds": 300,
		}]
	}
}

test_a_look_wants_none if decided(cast.administrator, "maintenance:read").obligations == []

test_unknown_actions_are_denied if {
	not decided(cast.fresh(cast.administrator), "maintenance:prolong").allow
}

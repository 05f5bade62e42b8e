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
	not decided(cast.anonymous, "account:delete").allow
	not decided(cast.administrator, "account:unheard").allow
}

changing(subject, credential) := found if {
	request := object.union(
		cast.bare(subject, "account:change_password"),
		{"subject": {"credential": object.union({"scopes": ["*"]}, credential)}},
	)
	found := account.decision with input as request
}

test_a_session_changes_the_password if {
	changing(cast.stranger, {"session": {"id": "ses_1"}}).allow
}

test_nothing_else_does if {
	not changing(cast.stranger, {"kind": "api_key"}).allow
	not changing(cast.administrator, {}).allow
	not changing(object.union(cast.stranger, {"status": "suspended"}), {"session": {}}).allow
	not account.decision.allow with input as cast.bare(cast.anonymous, "account:change_password")
}

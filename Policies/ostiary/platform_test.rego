package ostiary.platform_test

import data.ostiary.cast_test as cast
import data.ostiary.platform

decided(subject, action) := found if {
	found := platform.decision with input as cast.bare(subject, action)
}

test_administrators_run_the_installation[action] if {
	some action in ["platform:read", "platform:requeue_message"]
	decided(cast.administrator, action).rule == "administrator_runs"
}

test_nobody_else_does[action] if {
	some action in ["platform:read", "platform:requeue_message"]
	every subject in [cast.anonymous, cast.stranger, cast.owner] {
		not decided(subject, action).allow
	}
}

test_who_may_not_is_told if {
	decided(cast.owner, "platform:read").may_read
	not decided(cast.anonymous, "platform:read").may_read
}

test_unknown_actions_are_denied if {
	not decided(cast.administrator, "platform:stop").allow
}

package ostiary.usage_test

import data.ostiary.cast_test as cast
import data.ostiary.usage

decided(request) := found if {
	found := usage.decision with input as request
}

test_members_see_it[name] if {
	some name, subject in {"viewer": cast.viewer, "owner": cast.owner}
	decided(cast.asking(subject, "usage:read", {})).rule == "role_reads_usage"
}

test_nobody_else_does[name] if {
	some name, subject in {
		"nobody": cast.anonymous,
		"stranger": cast.stranger,
		"without": cast.having(cast.custom_role(10, ["member:read"])),
	}
	found := decided(cast.asking(subject, "usage:read", {}))
	not found.allow
	not found.may_read
}

test_administrators_do_by_the_bypass if {
	decided(cast.asking(cast.administrator, "usage:read", {})).rule == "admin_bypass"
}

test_members_of_what_is_not_there_are_told if {
	decided(cast.missing(cast.viewer, "usage:read")).rule == "role_reads_usage"
}

test_unknown_actions_are_denied if {
	not decided(cast.asking(cast.owner, "usage:reset", {})).allow
}

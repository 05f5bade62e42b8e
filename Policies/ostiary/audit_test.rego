package ostiary.audit_test

import data.ostiary.audit
import data.ostiary.cast_test as cast

decided(subject, action) := found if {
	found := audit.decision with input as cast.asking(subject, action, {})
}

test_each_role_does_what_it_may[name] if {
	some name, actions in {
		"owner": {"audit:read", "audit:export"},
		"admin": {"audit:read"},
		"member": set(),
		"viewer": set(),
	}
	subject := cast.having(cast.roles[name])
	actions == {action |
		some action in ["audit:read", "audit:export"]
		decided(subject, action).rule == "role_reads_audit"
	}
}

test_who_reads_may_know_that_there_is_more if {
	decided(cast.admin, "audit:export").may_read
	not decided(cast.member, "audit:export").may_read
}

test_an_entry_that_is_not_there if {
	found := audit.decision with input as cast.missing(cast.admin, "audit:read")
	found.allow
}

test_nothing_is_removed_from_the_audit if {
	not decided(cast.owner, "audit:delete").allow
	not decided(cast.administrator, "audit:delete").allow
}

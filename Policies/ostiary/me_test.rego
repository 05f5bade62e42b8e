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

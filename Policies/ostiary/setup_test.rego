package ostiary.setup_test

import data.ostiary.cast_test as cast
import data.ostiary.setup

decided(subject, link) := found if {
	request := object.union(
		cast.bare(subject, "setup:complete"),
		{"resource": {"attributes": {"link": link}}},
	)
	found := setup.decision with input as request
}

test_a_valid_link_completes_the_setup if {
	decided(cast.anonymous, {"valid": true}).rule == "link_completes_setup"
}

test_other_links_do_not[note] if {
	some note, link in {
		"used": {"valid": false},
		"none": null,
		"a word": {"valid": "true"},
		"empty": {},
	}
	found := decided(cast.anonymous, link)
	not found.allow
	not found.may_read
}

test_who_has_signed_in_needs_no_link[name] if {
	some name, subject in {"stranger": cast.stranger, "administrator": cast.administrator}
	found := decided(subject, {"valid": true})
	not found.allow
	found.may_read
}

test_links_that_are_only_claimed_complete_nothing if {
	request := object.union(
		cast.bare(cast.anonymous, "setup:complete"),
		{"request": {"claimed": {"link": {"valid": true}}}},
	)
	found := setup.decision with input as request
	not found.allow
}

test_administrators_have_no_way_around_it if {
	found := setup.decision with input as cast.asking(cast.administrator, "setup:complete", {})
	not found.allow
}

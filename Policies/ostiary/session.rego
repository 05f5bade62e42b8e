# METADATA
# title: Who is let in
# description: |
#   Whoever wants in shows evidence, and `session:create` decides what comes of it. The facts are
#   `account` (missing where the address is nobody's), `evidence` with the age of each piece,
#   `lane`: where the failures of such sign-ins are counted, `organization` and `membership`, which
#   has the `organization_status`, where the session is to be good for one organization, and
#   `replaces`, the session that this one takes the place of, which in a browser may be another
#   account's. What `next` lists has to be shown, too; nothing is asked for yet.
#
#   At an organization's host nobody shows anything: whoever is signed in at the issuer's asks for
#   `session:hand_over`, and the session there is created from it (`handed_over`, the session that it
#   comes from).
# scope: package
package ostiary.session

import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := object.union(
	verdict.of_everybody(area),
	{"may_read": known, "obligations": obligations},
) if {
	input.action == "session:create"
} else := verdict.of_everybody(area) if {
	input.action in {"session:attempt", "session:end", "session:finish"}
} else := verdict.of_platform(area)

area := {
	"actions": {
		"session:attempt": "nobody signed in",
		"session:create": "an active account, and evidence that one is its owner",
		"session:end": "a session",
		"session:finish": "an organization's host",
		"session:hand_over": "a browser that is signed in, and a membership",
		"session:list": "an account",
		"session:revoke": "a session of one's own",
		"session:revoke_all": "an account",
		"session:step_up": "a session",
	},
	"lookups": {"session:revoke"},
	"permits": permits,
	"denials": denials,
	"reading": false,
	"obligations": set(),
}

# METADATA
# title: Wrong passwords in a row, after which strangers to the account no longer come in by one
# description: NIST SP 800-63B-4, section 3.2.2.
failures_max := 100

# METADATA
# title: A piece of evidence is good for so long
evidence_seconds := 600

# METADATA
# title: Everybody may try to sign in
permits contains {
	"rule": "everybody_may_try",
	"reason": "everybody may try to sign in",
} if input.action == "session:attempt"

# METADATA
# title: Evidence lets the owner of an active account in
permits contains {
	"rule": "evidence_suffices",
	"reason": "the subject has shown that the account is theirs",
} if {
	input.action == "session:create"
	not input.resource.attributes.handed_over
	input.resource.attributes.account.status == "active"
	some shown in input.resource.attributes.evidence
	shown.method in {"password", "mail"}
	shown.age_seconds <= evidence_seconds
}

# METADATA
# title: A session at the issuer's host gives one at an organization's
permits contains {
	"rule": "session_handed_over",
	"reason": "the subject has handed over a session of theirs",
} if {
	input.action == "session:create"
	input.resource.attributes.handed_over
	input.resource.attributes.account.status == "active"
}

# METADATA
# title: Members hand their session over to their organization's host
permits contains {
	"rule": "account_hands_over",
	"reason": "the session is the subject's",
} if {
	input.action == "session:hand_over"
	input.subject.kind == "account"
	input.subject.credential.kind == "session"
}

# METADATA
# title: Everybody may bring the code of a session that was handed over
permits contains {
	"rule": "everybody_may_finish",
	"reason": "everybody may finish what was begun at the host",
} if {
	input.action == "session:finish"
	input.request.host_organization
}

# METADATA
# title: Whoever has a session may end it
permits contains {
	"rule": "subject_ends_session",
	"reason": "subjects may end their session",
} if {
	input.action == "session:end"
	input.subject.credential.session
}

# METADATA
# title: Whoever has a session may show again that it is theirs
permits contains {
	"rule": "subject_steps_up",
	"reason": "subjects may show again who they are",
} if {
	input.action == "session:step_up"
	input.subject.kind == "account"
	input.subject.credential.session
}

# METADATA
# title: Accounts see their sessions
permits contains {
	"rule": "account_lists_sessions",
	"reason": "accounts may see their sessions",
} if {
	input.action == "session:list"
	input.subject.kind == "account"
}

# METADATA
# title: Accounts end all their sessions
permits contains {
	"rule": "account_revokes_sessions",
	"reason": "the sessions are the subject's",
} if {
	input.action == "session:revoke_all"
	input.subject.kind == "account"
}

# METADATA
# title: Accounts end a session of theirs
permits contains {
	"rule": "account_revokes_session",
	"reason": "the session is the subject's",
} if {
	input.action == "session:revoke"
	input.subject.kind == "account"
	input.resource.attributes.account == input.subject.id
}

# METADATA
# title: Too many wrong passwords came from devices that the account does not know
# description: A device that it knows, or a mail to its owner, still lets in.
denials contains {
	"rule": "lane_closed",
	"reason": "too many wrong passwords",
	"hides": true,
} if {
	input.action == "session:create"
	input.resource.attributes.lane.failures >= failures_max
	not by_mail
}

by_mail if {
	some shown in input.resource.attributes.evidence
	shown.method == "mail"
}

# METADATA
# title: The account has no place in the organization that the session is to be good for
denials contains {
	"rule": "not_a_member",
	"reason": "the account is no active member of the organization",
	"hides": false,
} if {
	input.action == "session:create"
	input.resource.attributes.organization
	not input.resource.attributes.membership.status == "active"
}

# METADATA
# title: The organization that the session is to be good for is not active
# description: Members learn it; who is none learns of no organization how it stands.
denials contains {
	"rule": "organization_inactive",
	"reason": "the organization is not active",
	"hides": false,
} if {
	input.action == "session:create"
	input.resource.attributes.membership
	not input.resource.attributes.membership.organization_status == "active"
}

# METADATA
# title: The organization that the account would go on to is not active
denials contains {
	"rule": "organization_inactive",
	"reason": "the organization is not active",
	"hides": false,
} if {
	input.action == "session:hand_over"
	input.resource.attributes.membership
	not input.resource.attributes.organization.status == "active"
}

# METADATA
# title: The account has no place in the organization that it would go on to
denials contains {
	"rule": "not_a_member",
	"reason": "the account is no active member of the organization",
	"hides": false,
} if {
	input.action == "session:hand_over"
	not input.resource.attributes.membership.status == "active"
}

# METADATA
# title: What the evidence amounts to
obligations contains {"type": "assurance", "acr": "aal1"} if count(permits) > 0

# METADATA
# title: Whoever has shown that the account is theirs learns why they are not let in
default known := false

known if {
	count(permits) > 0
	every denial in denials { denial.hides == false }
}

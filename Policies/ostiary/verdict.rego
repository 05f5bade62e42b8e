# METADATA
# title: From rules to a verdict
# description: |
#   Each area says what permits and what denies; here it becomes one answer. A denial always beats
#   what permits, and where nothing permits, the request is denied with what would be needed:
#
#       {"allow": true, "rule": "role_reads_members", "reasons": ["…"], "obligations": [],
#        "may_read": true}
#
#   `rule` is the rule that decided, `default` where none did. `may_read` is whether the subject may
#   know that the resource exists. An area is described by
#
#       actions      action → what it needs, in words; what is not here is denied
#       lookups      those of them that want one resource that is there
#       permits      the rules that permit, each with its `reason`
#       denials      the rules that deny, each with its `reason`
#       reading      whether the subject may read resources of this kind
#       obligations  what the server has to do before it goes on
# scope: package
package ostiary.verdict

import data.ostiary.bypass
import data.ostiary.downtime
import data.ostiary.hosts
import data.ostiary.standing

# METADATA
# title: The verdict on what is done in an organization
of_tenant(area) := judged(area, array.concat(listed(area), listed(bypass)), standing.denials)

# METADATA
# title: The verdict on what belongs to no organization
# description: Nothing permits it but the area's own rules.
of_platform(area) := judged(area, listed(area), standing.denials)

# METADATA
# title: The verdict on what is everybody's
# description: In whatever state subject and organization are.
of_everybody(area) := judged(area, listed(area), set())

listed(rules) := [permit | some permit in rules.permits]

# METADATA
# title: The verdict, from all rules that hold
# description: |
#   Of several the first decides. Maintenance denies first, in every area, then the host, and then
#   what areas share.
judged(area, own_permits, shared_denials) := object.union(outcome, {"may_read": known}) if {
	permitted := array.concat(own_permits, absence(area))
	denied := [denial |
		some denials in [downtime.denials, hosts.denials, shared_denials, area.denials]
		some denial in denials
	]
	outcome := decided(area, permitted, denied)
	known := may_know(area, permitted, denied)
}

decided(area, permitted, denied) := denial("default", [unknown]) if {
	not area.actions[action]
	unknown := sprintf("`%v` is no known action", [action])
} else := denial(denied[0].rule, [found.reason | some found in denied]) if {
	count(denied) > 0
} else := {
	"allow": true,
	"rule": permitted[0].rule,
	"reasons": [found.reason | some found in permitted],
	"obligations": [obligation | some obligation in area.obligations],
} if {
	count(permitted) > 0
} else := denial("default", [sprintf("`%v` needs %v", [action, area.actions[action]])])

denial(rule, reasons) := {"allow": false, "rule": rule, "reasons": reasons, "obligations": []}

# METADATA
# title: The subject may know that there is such a resource
default may_know(_, _, _) := false

may_know(area, _, denied) if {
	area.reading
	not hidden(denied)
}

may_know(_, permitted, denied) if {
	count(permitted) > 0
	not hidden(denied)
}

hidden(denied) if {
	some found in denied
	found.hides
}

# METADATA
# title: Whoever may read finds out that there is nothing
# description: The request is permitted, and the server says that it found nothing.
absence(area) := [{"rule": "nothing_there", "reason": "there is no such resource"} |
	area.reading
	action in area.lookups
	input.resource.exists == false
]

default action := ""

action := input.action

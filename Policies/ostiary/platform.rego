# METADATA
# title: Who may run the installation
# description: What belongs to no organization, and is its administrators' alone.
# scope: package
package ostiary.platform

import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform({
	"actions": {
		"platform:read": "an administrator of the installation",
		"platform:requeue_message": "an administrator of the installation",
	},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": subject.is_somebody,
	"obligations": set(),
})

# METADATA
# title: Administrators run the installation
permits contains {
	"rule": "administrator_runs",
	"reason": "the subject administers the installation",
} if {
	input.action in {"platform:read", "platform:requeue_message"}
	subject.is_administrator
}

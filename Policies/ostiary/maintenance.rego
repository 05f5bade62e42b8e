# METADATA
# title: Who begins and ends maintenance of the installation
# description: Whom it lets through is another matter, of `downtime`.
# scope: package
package ostiary.maintenance

import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform({
	"actions": {
		"maintenance:read": "an administrator of the installation",
		"maintenance:start": "an administrator of the installation",
		"maintenance:stop": "an administrator of the installation",
	},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": subject.is_administrator,
	"obligations": obligations,
})

# METADATA
# title: Administrators see to maintenance
permits contains {
	"rule": "administrator_maintains",
	"reason": "the subject administers the installation",
} if {
	input.action in {"maintenance:read", "maintenance:start", "maintenance:stop"}
	subject.is_administrator
}

# METADATA
# title: Who keeps everybody out has signed in a moment ago
obligations contains subject.step_up if {
	input.action in {"maintenance:start", "maintenance:stop"}
	not subject.signed_in_within(subject.fresh_seconds)
}

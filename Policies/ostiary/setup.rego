# METADATA
# title: Who may set the installation up
# description: |
#   Whoever brings the link that was printed for it, and has not signed in. The loader's fact is
#   `link`, with `valid`: it is known, not used, and not too old.
# scope: package
package ostiary.setup

import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform({
	"actions": {"setup:complete": "a valid link, and nobody signed in"},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": reading,
	"obligations": set(),
})

# METADATA
# title: The link is valid
default reading := false

reading if input.resource.attributes.link.valid == true

# METADATA
# title: The link makes the first administrator
permits contains {
	"rule": "link_completes_setup",
	"reason": "the link is valid",
} if {
	input.action == "setup:complete"
	subject.is_anonymous
	reading
}

# METADATA
# title: What each tier entitles to
# description: A tier that is not listed has what the least has.
# scope: package
package ostiary.entitlements

import data.ostiary.limits

# METADATA
# title: All that each tier entitles to
# entrypoint: true
by_tier[tier] := object.union(found, {"calls": limits.tiers[tier]}) if {
	some tier, found in tiers
}

# METADATA
# title: How many of what, by tier
tiers := {
	"free": {"custom_domains": 0},
	"starter": {"custom_domains": 1},
	"professional": {"custom_domains": 5},
	"enterprise": {"custom_domains": 50},
}

# METADATA
# title: What the organization that the request is about is entitled to
own := object.get(tiers, input.tenant.tier, tiers.free)

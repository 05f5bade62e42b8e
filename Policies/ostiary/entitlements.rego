# METADATA
# title: What each tier entitles to
# description: A tier that is not listed has what the least has.
# scope: package
package ostiary.entitlements

# METADATA
# title: Of an organization, by its tier
# entrypoint: true
tiers := {
	"free": {"custom_domains": 0},
	"starter": {"custom_domains": 1},
	"professional": {"custom_domains": 5},
	"enterprise": {"custom_domains": 50},
}

# METADATA
# title: What the organization that the request is about is entitled to
own := object.get(tiers, input.tenant.tier, tiers.free)

# METADATA
# title: How many calls are admitted
# description: |
#   In any minute, hour and day. Calls with a credential draw on what their organization's tier has,
#   those without one on what every address has; a tier that is not listed has what the least has.
# scope: package
package ostiary.limits

# METADATA
# title: Of an organization, by its tier
# entrypoint: true
tiers := {
	"free": {"minute": 60, "hour": 1000, "day": 10000},
	"starter": {"minute": 120, "hour": 5000, "day": 50000},
	"professional": {"minute": 300, "hour": 15000, "day": 150000},
	"enterprise": {"minute": 1000, "hour": 50000, "day": 500000},
}

# METADATA
# title: Of an address
# description: One of IPv4, or the 64 bits that a household of IPv6 has.
# entrypoint: true
address := {"minute": 60, "hour": 1000, "day": 10000}

package ostiary.entitlements_test

import data.ostiary.entitlements
import data.ostiary.limits

test_every_tier_has_calls_and_the_rest if {
	object.keys(entitlements.by_tier) == object.keys(limits.tiers)
	entitlements.by_tier.starter == {
		"custom_domains": 1,
		"calls": {"minute": 120, "hour": 5000, "day": 50000},
	}
}

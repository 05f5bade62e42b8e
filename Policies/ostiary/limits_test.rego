package ostiary.limits_test

import data.ostiary.limits

test_every_limit_is_a_number[name] if {
	some name, limit in object.union(limits.tiers, {"address": limits.address})
	object.keys(limit) == {"minute", "hour", "day"}
	every calls in limit {
		calls > 0
		calls == ceil(calls)
	}
}

test_longer_times_admit_more[name] if {
	some name, limit in limits.tiers
	limit.minute < limit.hour
	limit.hour < limit.day
}

test_a_higher_tier_admits_more if {
	minutes := [limits.tiers[tier].minute |
		some tier in ["free", "starter", "professional", "enterprise"]
	]
	minutes == sort(minutes)
	count({minute | some minute in minutes}) == 4
}

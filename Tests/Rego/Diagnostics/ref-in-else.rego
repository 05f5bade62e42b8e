package a

limits := {"timeout": 10}

level := "low" if {
	input.low
} else := "high" if {
	limits.timeouts > 5
}

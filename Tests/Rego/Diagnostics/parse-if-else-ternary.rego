package a

level := input.x > 3 ? "high" : "low"

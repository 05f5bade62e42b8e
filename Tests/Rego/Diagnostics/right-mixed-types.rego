package a

level := 1 if input.low

level := "high" if input.high

# `level` may be a number, so nothing is wrong here.
double := level * 2

names := {"a": 1, "b": "c"}

found if names[input.key] == "c"

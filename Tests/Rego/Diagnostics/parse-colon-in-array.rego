package a

pairs := ["a": 1, "b": 2]

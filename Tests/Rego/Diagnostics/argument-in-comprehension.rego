package a

names := [lower(n) | some n in [1, 2, 3]]

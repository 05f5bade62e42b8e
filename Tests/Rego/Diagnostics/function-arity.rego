package a

pair(x, y) := [x, y]

both := pair(1)

package a

f(data) := data.x

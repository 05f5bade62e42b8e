package a

p := 1

p.q.r := 2

package a

mode := 0644

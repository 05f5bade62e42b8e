package a

default allow := false

default allow := true

package a

default := 1

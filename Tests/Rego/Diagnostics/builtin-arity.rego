package a

text := sprintf("%v")

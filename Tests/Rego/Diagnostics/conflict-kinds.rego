package a

p contains 1

p := 2

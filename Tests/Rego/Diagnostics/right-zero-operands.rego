package a

limit() := 3

p := limit() + 1

package a

name := "ada

other := 1

package a

path := "C:\users"

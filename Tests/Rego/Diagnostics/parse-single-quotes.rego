package a

name := 'alice'

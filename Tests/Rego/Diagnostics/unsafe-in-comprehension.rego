package a

names := [name | input.users[_].active]

package a

allow if walk(input, [path, value]) == 3

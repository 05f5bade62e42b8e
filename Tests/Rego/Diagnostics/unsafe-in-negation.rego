package a

allow if not input.roles[r] == name

package a

allow if "1" = 1

package a

allow if startswith(5, "a")

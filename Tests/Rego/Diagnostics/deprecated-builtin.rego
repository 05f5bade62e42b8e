package a

allow if all([true, false])

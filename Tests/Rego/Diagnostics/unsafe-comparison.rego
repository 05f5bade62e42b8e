package a

allow if count(things) > 0

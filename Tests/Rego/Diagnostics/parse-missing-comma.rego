package a

roles := ["admin" "user"]

packge a

allow := true

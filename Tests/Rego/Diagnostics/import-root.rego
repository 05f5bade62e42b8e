package a

import input2.users

allow := true

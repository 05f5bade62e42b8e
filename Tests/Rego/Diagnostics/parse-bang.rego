package a

allow if !input.locked

package a

allow if input.users[id].name == nam

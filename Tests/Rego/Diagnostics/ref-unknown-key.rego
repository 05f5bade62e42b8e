package a

conf := {"db": {"host": "h", "port": 1}}

name := conf.db.user

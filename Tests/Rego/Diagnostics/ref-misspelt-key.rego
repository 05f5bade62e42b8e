package a

limits := {"timeout": 10, "retries": 3}

slow if limits.tiemout > 5

package a

import future.keywords.contain

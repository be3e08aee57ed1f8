"""Ground floor: the names of planes, the errors, the config idiom, atomic writes."""

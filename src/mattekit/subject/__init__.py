"""From a hint of the user, or none, to a trimap."""

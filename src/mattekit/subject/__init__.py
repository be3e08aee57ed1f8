"""From a user's hint, or none, to a trimap."""

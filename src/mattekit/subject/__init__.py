"""From what a user knows of the subject, or nothing, to a trimap."""

"""Subjects before known backgrounds: screens, empty plates, pairs of pictures, sequences."""

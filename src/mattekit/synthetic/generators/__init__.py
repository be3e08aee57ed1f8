"""What alphas are of: hair, fur, plants, woven things, solid things, vapour; see `kinds`."""

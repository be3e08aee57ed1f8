"""Shared by every layer: types of planes, the result of a method, errors, configs, safe writes."""

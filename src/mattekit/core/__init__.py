"""What every layer uses: names of planes, the result of a method, errors, configs, safe writes."""

"""What all commands share: options, how an error ends one, versions."""

"""Three small tools that every room may use: a registry, a settings reader, a signature."""

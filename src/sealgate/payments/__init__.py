"""Payment providers, one file each, behind `ports`. None is joined yet."""

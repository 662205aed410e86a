"""Skills: folders that tell an agent of a role how to work."""

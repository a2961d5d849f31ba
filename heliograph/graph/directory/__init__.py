"""Users, groups, roles and what belongs to them: the part of Graph that Entra keeps."""

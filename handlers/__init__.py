"""The handlers that ship with Heliograph, one file each. They are loaded by name like any other."""

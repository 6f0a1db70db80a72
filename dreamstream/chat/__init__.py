"""The bot: commands, roles, replies."""

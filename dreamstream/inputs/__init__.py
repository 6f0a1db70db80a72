"""Where people are heard: chats, the terminal."""

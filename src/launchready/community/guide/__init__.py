"""The guide: it answers members' questions, from the community's own posts or with an AI provider."""

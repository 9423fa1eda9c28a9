"""Pages as browsers read them: what they load, send, say and forbid."""

"""Redirects and routes: every way in leads in few clean steps to a page that answers."""

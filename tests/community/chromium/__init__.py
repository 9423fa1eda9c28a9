"""The community as people meet it: real Chromium, real TLS, guard around the app."""

"""The DNS: one client for every question, and what it learns of hosts, zones and registrations."""

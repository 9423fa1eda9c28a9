from hypothesis import HealthCheck, settings

# A busy machine must not make a property fail: what is judged is the result, not the time.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("untimed")

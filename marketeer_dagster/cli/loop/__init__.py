"""The demo: one loop from a goal to a learning, on the real daemon, sensors and runs, in a simulated market."""

"""The one door to the world: intent, policy, look-up, write, receipt."""

"""How a campaign comes to be and how it stands: intake of goals, pipelines, signals; status; people's decisions."""

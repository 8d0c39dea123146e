"""How a campaign comes to be and how it stands: intake of goals, pipelines and signals; status; a person's decisions."""

"""Author, reviewers and Director: how prompts are put together and answers judged. Knows no vendor and no Dagster."""

"""What a workflow plans: its file, what lies where, which trainings and tables, before any of it runs."""

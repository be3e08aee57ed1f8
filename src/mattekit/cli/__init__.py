"""Command line. `main` lists the verbs; each verb is one file."""

"""Commands. `main` lists the verbs, each verb is one file, `batch` runs many files through one."""

"""May we write to this person now? Pure rules: facts in, a verdict out; no Django, no clock."""

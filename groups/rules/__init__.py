"""Pure rules of customer groups: values in, verdicts out."""

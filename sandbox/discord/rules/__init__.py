"""What Discord accepts in a request body; all faults are reported at once, by field (error 50035)."""

"""What Discord accepts in a request body; everything that is wrong is reported at once, by field (error 50035)."""

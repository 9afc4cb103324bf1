"""What the API, the swipe page and the Activity share: allowances, answers, byte ranges, problems and bodies."""

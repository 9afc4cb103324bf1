"""The accounts service: the consent page, authorization codes, and tokens."""

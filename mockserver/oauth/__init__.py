"""The token flow: OAuth 2 by authorization codes, on a world; the checks are oauthlib's."""

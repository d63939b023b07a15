"""The target file that `conformance init` writes."""

TEMPLATE = """\
# The target of `conformance run`. ${NAME} is taken from the environment, and kept secret.
base_url: https://staging.example.com      # may carry a path prefix
# headers: {X-Team: accounts}              # sent with every request; the values are kept secret
# tls:                                     # PEM files; their paths count from here
#   ca_bundle: ca.pem                      # further CAs to trust
#   client_cert: cert.pem                  # where the server asks for a certificate, with
#   client_key: key.pem                    # its key, unless that stands in the same file
timeout: 10                                # seconds for each answer
# rate_limit: 100/m                        # at most that many requests: per s, m or h
# consistency: 2s                          # how long a read may show the state before a write
# wrong_logins: 4                          # wrong passwords in a row, where accounts are locked
# connections: 8                           # requests under way at once, at most 32
# email_domain: staging.example.com        # of the addresses that are added, if not example.com

# Two accounts of their own. They are restored at the end, but do not use them meanwhile.
accounts:
  owner:
    username: mallory
    password: ${OWNER_PASSWORD}
    # disposable: true                     # nothing of this account needs to be put back
    # gravatar_email: mallory@example.com  # sent at the end, to restore gravatar_url
    # expired_token: ${OWNER_EXPIRED}      # each lets one requirement more be verified
    # revoked_token: ${OWNER_REVOKED}
    tokens:                                # scopes: a token that has these, and no others
      profile_read: ${OWNER_PROFILE_READ}
      profile_write: ${OWNER_PROFILE_WRITE}
      email_read: ${OWNER_EMAIL_READ}
      email_write: ${OWNER_EMAIL_WRITE}
      profile_read profile_write email_read email_write: ${OWNER_ALL}
      "": ${OWNER_NONE}                    # a token without scopes
  other:
    username: trentino
    password: ${OTHER_PASSWORD}
    tokens:
      profile_read: ${OTHER_PROFILE_READ}
      profile_write: ${OTHER_PROFILE_WRITE}
      email_read: ${OTHER_EMAIL_READ}
      email_write: ${OTHER_EMAIL_WRITE}
      profile_read profile_write email_read email_write: ${OTHER_ALL}
      "": ${OTHER_NONE}

# Prints a token for scopes that are not listed; {username} and {scopes} are filled in. No shell.
# token_command: [./mint, "{username}", "{scopes}"]
# unknown_username: nobody-of-that-name    # a name that no user has
"""

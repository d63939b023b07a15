"""The clauses of the description that are broken."""

BOTH = "Every operation takes HTTP Basic and OAuth Bearer."
CREDENTIALS = "Missing, malformed, unknown, wrong, expired or revoked credentials: 401."
OWN_SCOPE = "A token needs exactly the operation's own scope."
STANDS_IN = "No other scope stands in for it"
NO_FURTHER = "no further scope is needed"
BASIC_FREE = "Basic carries no scopes and is not limited by them."
MISSING_SCOPE = "Missing scope: 403."
OWNER = (
    "The authenticated user must be the user in the path, for Basic and Bearer alike. "
    "Otherwise: 403."
)
ORDER = (
    "It can only be reached by someone who is authenticated as somebody else, so it comes before "
    "the ownership check: 401, then 404, then 403, then 400."
)
DOCUMENTED = (
    "Documented answers only, never a 5xx, for whatever is sent to the six operations with their "
    "documented media types."
)
TWELVE = (
    "returns all twelve members of the documented user, with their types; `date_joined` is an "
    "RFC 3339 date-time."
)
SETS = (
    "sets those that are present, leaves the others, saves, and answers with the user as now "
    "stored."
)
GRAVATAR = "A new `gravatar_email` changes `gravatar_url`."
NEVER = (
    "Members that are not in the list (`id`, `username`, `is_active`, …) never change through it."
)
WRONG_TYPE = "A wrong type or an invalid address: 400."
TEXT = "Text comes back as it was sent, whatever its script."
UNCHANGED = (
    "400, 401, 403 and 404 leave all data as it was, also where some fields of the body were valid."
)
LIST = (
    "returns all of the user's addresses and no one else's, each with `email`, `verified`, "
    "`primary`; one is primary."
)
ADD = "201 with the new address, not verified, not primary; it is in the list afterwards."
ADD_INVALID = "Missing or invalid address: 400."
UPDATE_ANSWER = "200 email"
ONE_PRIMARY = (
    "setting a primary unsets the previous one; verifying does not change which is primary."
)
FALSE = "`false` for either member: 400."
TRUE_OR_ABSENT = "(boolean, optional, must be `true` or absent)"
MARKS = "It marks an address as verified, or makes it the primary one."
NOT_UNVERIFY = "It cannot un-verify an address, nor unset the primary one"
UNKNOWN = "404 unknown username or address."
DELETE = "204 and no body; removes that address and no other."
DELETE_PRIMARY = "The primary address: 400."
DELETE_MISSING = "Missing address in the body: 400."
DELETE_UNKNOWN = "Unknown address: 404."
SPELLED = "the primary is never deleted, however it is spelled"
NO_BODY = "204, no body"
BOTH_KINDS = (
    "The four writing operations take JSON and `application/x-www-form-urlencoded` alike "
    '("JSON, url-encoded form data, etc.");'
)
PLUS = "`+` and `%2B` are decoded as forms are."
FLAGS = "In a form, `verified` and `primary` are written `true` and `false`."
MALFORMED = (
    "Malformed JSON, an array or a scalar as body, invalid UTF-8 in JSON, an empty body where a "
    "member is required: 400."
)
SUCCESS = "Successful bodies are JSON with a JSON media type (a `charset` parameter is fine)."

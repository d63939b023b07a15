"""The checks, by subject. Each says with `@proves(...)` which requirements it is about."""

MODULES = (
    "test_access",
    "test_authentication",
    "test_bodies",
    "test_emails_listing",
    "test_emails_adding",
    "test_emails_updating",
    "test_emails_deleting",
    "test_emails_unknown",
    "test_generated",
    "test_profile",
    "test_standards",
    "test_special_words",
    "test_unchangeable",
)
"""The modules in the order in which they run: what is damaged for good is told by the check that meets it first."""

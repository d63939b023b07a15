"""Shared by the tests: the mock server as a process, the contract as data, and HTTP as it is sent."""

from tests.support.commands import check, invoke, run, run_module
from tests.support.contract import (
    BY_ID,
    CODES,
    CONTRACT,
    EMAILS,
    FIXTURES,
    INVALID_ADDRESSES,
    JANES,
    JANES_EMAILS,
    JOHNS,
    JOHNS_EMAILS,
    OAUTH,
    OPERATIONS,
    PATHS,
    READ,
    SCOPES,
    USER,
    WRITING,
    Operation,
    named,
    operations_of,
    resolve,
    responses,
)
from tests.support.files import (
    CONTRACT_FILE,
    CONTROL_FILE,
    FIXTURES_FILE,
    OAUTH_FILE,
    READING_FILE,
    ROOT,
    Json,
    load_yaml,
    read_yaml,
    write,
    write_yaml,
)
from tests.support.messages import (
    FORM,
    JANE,
    JOHN,
    JSON,
    PROBLEM,
    basic,
    bearer,
    call,
    head,
    pointers,
    problem,
)
from tests.support.servers import (
    PROGRAM,
    MockServer,
    Reply,
    StartServer,
    altered,
    clean_environment,
    client_of,
)
from tests.support.waiting import PATIENCE, Lines, eventually

"""A second implementation of the Accounts API, made from its description alone.

It shares no line with the mock server or the suite: plain `http.server`, SQLite in memory, routing by
hand. The suite is judged with it: the server as it is and in each legal variation must pass, with each
defect it must fail.
"""

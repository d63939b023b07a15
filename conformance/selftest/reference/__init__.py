"""An implementation of the Accounts API of its own, made from the words of its description alone.

It shares no line with the mock server or with the checks. The suite is proven with it: the service as it is
and in each legal variation must pass, with each defect it must fail.
"""

"""Wrong passwords beside the lanes that write: never more in a row than the target file allows."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conformance.environment import environments as env
from tests.conformance.proxy import Answer, Forward, Request, standing
from tests.conformance.support import only, run
from tests.support import MockServer

pytestmark = pytest.mark.usefixtures("slow_target")

_BOUND = 20  # seconds after which a wait for another request is given up


@dataclass
class Late:
    """A line on which the answer to one right password comes after wrong ones that were sent behind it.

    Attributes:
        after: How many wrong ones have then been answered since a right one.
        row: The wrong ones since a right one, as the target sees them.
        overtaken: Whether such an answer has come.
    """

    after: int
    row: int = 0
    overtaken: bool = False
    _held: bool = False
    _seen: bool = False
    _change: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, request: Request, forward: Forward) -> Answer:
        name, password = env.login(request)
        right = password == "johndoe-password"
        with self._change:
            if name == "johndoe" and not right:
                # Once that answer is on its way, the next wrong one waits until the suite has read it.
                if self.overtaken:
                    self._change.wait_for(lambda: self._seen, _BOUND)
                self.row += 1
            elif name == "johndoe":
                self.row = 0
            elif request.username == "johndoe" and self.overtaken:
                self._seen = True
            self._change.notify_all()
        answer = forward(request)
        if right and request.method != "GET" and answer.status < 300 and not self._held:
            self._held = True
            with self._change:
                self.overtaken = self._change.wait_for(lambda: self.row == self.after, _BOUND)
                self._change.notify_all()
        return answer


def test_a_right_password_counts_before_the_wrong_ones_that_overtake_its_answer(
    server: MockServer, tmp_path: Path
) -> None:
    late, lock = Late(3), env.Locking(4)
    wrong = [f"{one}/unauthenticated/wrong" for one in ("get-user", "list-emails", "add-email")]

    with standing(late, lock, upstream=server.url) as url:
        chosen = only("update-user/basic-accepted", "update-user/success", *wrong)
        done = run(tmp_path, url, *chosen)

    assert late.overtaken
    assert lock.locked == set()
    assert done.code == 0, done.said

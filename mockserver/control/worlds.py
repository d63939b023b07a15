"""The state of a sandbox: read, replace, reset; scenarios and snapshots."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from accounts_contract import Contract
from mockserver.accounts.refusals import Invalid
from mockserver.accounts.state import StateError, entries_of, world_from_state
from mockserver.accounts.world import World
from mockserver.control.refusing import invalid
from mockserver.pipeline.answer import Answer, json_answer, json_list
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import Request
from mockserver.sandboxes.sandbox import NAME

Json = dict[str, Any]


def handlers(contract: Contract, control: Contract) -> Mapping[str, Handler]:
    """Return the operations, for the scopes of a contract and the format that the control API documents."""
    schema = control.schema("State")

    def reset(request: Request, _: Outcome) -> None:
        request.sandbox.reset()

    async def get_state(request: Request, _: Outcome) -> Answer:
        return await off_loop(_written, request.sandbox.world.copy())

    async def put_state(request: Request, outcome: Outcome) -> Answer:
        world, answer = await off_loop(read, outcome.data)
        request.sandbox.begin(world)
        return answer

    def read(data: Any) -> tuple[World, Answer]:
        if isinstance(data, dict):
            data.pop("scenarios", None)
        try:
            world = world_from_state(data, schema, contract.scopes).begin(time.time())
        except StateError as error:
            raise invalid(error.violations) from None
        return world, _written(world)

    def list_scenarios(request: Request, _: Outcome) -> list[Json]:
        sandbox = request.sandbox
        return [
            {"name": name, "description": one.description, "active": name == sandbox.scenario}
            for name, one in sandbox.scenarios.items()
        ]

    def enter_scenario(request: Request, outcome: Outcome) -> None:
        request.sandbox.enter(outcome.params["name"])

    def save_snapshot(request: Request, outcome: Outcome) -> None:
        name = outcome.params["name"]
        if not NAME.fullmatch(name):
            detail = (
                "the name of a snapshot is 1 to 64 letters, digits, dots, underscores and dashes"
            )
            raise Invalid("name-malformed", detail)
        request.sandbox.save(name)

    def restore_snapshot(request: Request, outcome: Outcome) -> None:
        request.sandbox.restore(outcome.params["name"])

    return by_name(
        reset, get_state, put_state, list_scenarios, enter_scenario, save_snapshot, restore_snapshot
    )


def _written(world: World) -> Answer:
    """Return the answer with a whole world."""
    lists = [
        b'"%b":%b' % (name.encode(), json_list(one)) for name, one in entries_of(world).items()
    ]
    return json_answer(b"{%b}" % b",".join(lists))

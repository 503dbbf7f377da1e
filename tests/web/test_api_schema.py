"""The API's answers are those that its OpenAPI description promises, whatever the parameters are."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from views import addresses
from web import Room, create_application

# Parameters that exist: generated ones name no vendor that is declared. And parameters that nobody expects.
_KNOWN: dict[str, list[Any]] = {
    "vendor": ["lanternpost"],
    "policy": ["privacy"],
    "when": ["1", "2022"],
    "from": ["2021", "1"],
    "to": ["2023", "4"],
    "capture_id": [1, 3],
    "position": [0, 2],
    "q": ["account", '"your account" we*'],
}
_HOSTILE = [
    "\x00",
    "x" * 5_000,
    "\U0001f600\u202e",
    "%00",
    "' OR 1=1 --",
    "..",
    "9" * 400,
    "-1",
    "2022-02-30",
    "@",
    "#",
]
_CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.mark.slow
def test_every_answer_is_as_described(room: Room) -> None:
    load_all_checks()
    application = create_application(room, ("testserver",))
    schema = schemathesis.openapi.from_asgi(f"{addresses.API}/openapi.json", application)
    (newest, *_) = room.history(next(iter(room.standings()))).whole.versions
    answered = set()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        answered |= _checked(result.ok(), {**_KNOWN, "version_id": [newest.id]})
    assert len(answered) == 12, answered


def _checked(operation: Any, known: dict[str, list[Any]]) -> set[str]:
    """Checks the answers of an operation. Returns its path if an answer was successful."""
    answered: set[str] = set()

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), data=st.data())
    def check(case: Any, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(["known", "generated", "hostile"]))
        for parameters in (case.path_parameters, case.query):
            for name in list(parameters or ()):
                if name in known and (kind != "hostile" or name in ("vendor", "policy")):
                    parameters[name] = data.draw(st.sampled_from(known[name]))
                elif kind == "known" and name not in known:
                    del parameters[name]
                elif kind == "hostile":
                    parameters[name] = data.draw(st.sampled_from(_HOSTILE))
        response = case.call()
        checks = CHECKS.get_by_names(_CHECKS)
        case.validate_response(response, checks=checks)
        if response.status_code == 200:
            answered.add(operation.path)
            (answer,) = operation.definition.raw["responses"]["200"]["content"].values()
            _check_that_all_is_described(response.json(), answer["schema"], operation.schema.raw_schema)

    check()
    return answered


def _check_that_all_is_described(value: Any, shape: Any, whole: Any) -> None:
    """Asserts that each field of an answer is in its shape: JSON Schema alone permits others."""
    if "$ref" in shape:
        shape = whole["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, list):
        for item in value:
            _check_that_all_is_described(item, shape.get("items", {}), whole)
    elif isinstance(value, dict) and "properties" in shape:
        assert value.keys() <= shape["properties"].keys()
        for name, of_field in value.items():
            _check_that_all_is_described(of_field, shape["properties"][name], whole)

"""The app of an emulated vendor: it is asked by address, and never makes one. May import: the domain and below."""

from typing import Any, NoReturn

from quart.routing import QuartRule
from quart_trio import QuartTrio


class Asked(QuartRule):
    """A route without the code that builds its address, which takes longer to compile than most tests take to run."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:  # noqa: ARG002 - werkzeug's, for `url_for`
        return _not_built


def _not_built(*_arguments: Any) -> NoReturn:
    raise NotImplementedError("the address of an emulator's route is not built")


class VendorApp(QuartTrio):
    """A vendor's routes. It has no files and no pages."""

    url_rule_class = Asked

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)

"""The two parts of the suite, `./dev test quick` and the whole: what they may take, what took longest.

A test is in the quick part unless it needs what is slow: its folder, the engine that it runs on, or
a mark with the reason (`@pytest.mark.heavy("the demo city")`) says so.
"""

import time
from collections import Counter
from pathlib import PurePosixPath

import pytest

MINUTES = {"quick": 2, "whole": 30}  # on two cores
FOLDERS = {
    "browser": "a browser",
    "races": "processes",
    "city": "a city of 100,000 visits",
    "demo": "the demo city",
}
SLOWEST = 10


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="only tests that need nothing slow")


def pytest_configure(config):
    config.addinivalue_line("markers", "heavy(reason): what it needs, so that it is not quick")
    config.pluginmanager.register(Account(config))


def pytest_collection_modifyitems(config, items):
    if config.getoption("quick"):
        slow = [item for item in items if needs(item)]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not needs(item)]


def needs(item):
    """What that test needs that is slow; None if nothing."""
    if marked := item.get_closest_marker("heavy"):
        return marked.args[0]
    engines = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if "postgresql" in engines or any(name.startswith("postgres") for name in item.fixturenames):
        return "PostgreSQL"
    folder = PurePosixPath(item.nodeid).parts[1]
    return FOLDERS.get(folder)


class Account:
    """How long each test took, set-up included, and all of them; told at the end of a part."""

    def __init__(self, config):
        self.part = "quick" if config.getoption("quick") else "whole"
        self.began, self.seconds = time.monotonic(), Counter()

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration

    def pytest_terminal_summary(self, terminalreporter, config):
        if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
            return  # a few tests, chosen by hand
        minutes = (time.monotonic() - self.began) / 60
        terminalreporter.section(f"the slowest of {len(self.seconds)} tests")
        for test, seconds in self.seconds.most_common(SLOWEST):
            terminalreporter.line(f"{seconds:6.1f} s  {test}")
        terminalreporter.line(
            f"The {self.part} part took {minutes:.1f} minutes; on two cores it may take {MINUTES[self.part]}."
        )

"""Run the races and the browser tests many times over on a busy machine: what fails once in thirty?

    ./dev flicker [times] [tests…]

Each round runs them all while as many processes as there are processors do nothing but count.
What failed is listed with how often; its output is kept in a folder that is named at the end. Not
part of the tests: thirty rounds take hours.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

TIMES = 30
TESTS = ("tests/races", "tests/browser")


def count():
    """Work without an end."""
    number = 0
    while True:
        number += 1


@contextmanager
def busy_machine():
    """Every processor has something else to do."""
    workers = [
        multiprocessing.Process(target=count, daemon=True) for _ in range(os.cpu_count() or 1)
    ]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()


def one_round(tests, report):
    """Run the tests once; (test, output) of each that failed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
    ]
    done = subprocess.run([*command, *tests], check=False, capture_output=True, text=True)
    if not report.exists():
        raise SystemExit(done.stdout + done.stderr)
    for case in ElementTree.parse(report).iter("testcase"):
        for trouble in (*case.findall("failure"), *case.findall("error")):
            yield f"{case.get('classname')}.{case.get('name')}", trouble.text or ""


def main(arguments):
    times = int(arguments.pop(0)) if arguments and arguments[0].isdecimal() else TIMES
    folder = Path(tempfile.mkdtemp(prefix="flicker-"))
    failed = Counter()
    with busy_machine():
        for number in range(1, times + 1):
            found = list(one_round(arguments or TESTS, folder / f"{number}.xml"))
            print(f"round {number} of {times}: {len(found)} failed", flush=True)
            for test, output in found:
                failed[test] += 1
                (folder / f"{number}-{failed.total()}.txt").write_text(f"{test}\n\n{output}\n")
    for test, often in failed.most_common():
        print(f"{often} of {times}: {test}")
    print(f"The output of each is in {folder}" if failed else "Nothing failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Settings of every test run, and a report header with the machine's configuration."""

import pytest
from hypothesis import HealthCheck, settings

import fastnn

# A busy machine must not fail a test.
settings.register_profile("fastnn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fastnn")


def pytest_report_header():
    config = fastnn.show_config("dicts")
    isa, threads, threading = config["isa"], config["threads"], config["threading"]
    return (
        f"fastnn {config['version']}, {config['compiler']}, ISA {isa['level']} of"
        f" {', '.join(isa['available'])}, {threads['number']} threads from {threads['source']}"
        f" by {threading['provider']}"
    )


@pytest.fixture
def restored():
    """The number of threads, their provider and the level afterwards are those of before."""
    number, threading, level = fastnn.get_num_threads(), fastnn.get_threading(), fastnn.isa()
    yield
    fastnn.set_threading(threading)
    fastnn.set_num_threads(number)
    fastnn.set_isa(level)

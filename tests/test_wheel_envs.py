"""The environments out of the wheel, in an environment outside of the checkout, under Farama's own tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.env.test_farama import numeric_is_there
from tests.test_house import ROOT
from tests.test_wheel import Installed, built, installed  # noqa: F401  fixtures

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]

TEXT = ("AgentTool-v0", "AgentTool-Clinic-v0")
NUMERIC = ("AgentToolDiscrete-v0", "AgentToolDiscrete-Clinic-v0")
CHECK_ENV = """
from gymnasium.utils.env_checker import check_env
env = gymnasium.make({name!r})
check_env(env.unwrapped)
env.close()
"""
API = """
from pettingzoo.test import api_test
advice = "(Action|Observation) space for each agent|Observation (numpy array is all zeros|is not a NumPy array)"
warnings.filterwarnings("ignore", advice, UserWarning, "pettingzoo.test.api_test")
api_test(pettingzoo.make("aec", {name!r}), num_cycles=100)
"""
PARALLEL = """
from pettingzoo.test import parallel_api_test
parallel_api_test(pettingzoo.make("parallel", {name!r}), num_cycles=100)
"""
SEED = """
from pettingzoo.test import seed_test
seed_test(lambda: pettingzoo.make("aec", {name!r}), num_cycles=20)
"""
HEAD = """
import warnings
import gymnasium, pettingzoo, agentgym
from pathlib import Path
assert Path(agentgym.__file__).is_relative_to({site!r}), agentgym.__file__
warnings.simplefilter("error")
warnings.filterwarnings("ignore", ".*Not able to test alternative render modes", UserWarning)
"""


def test_the_fixtures_are_those_of_the_wheel(installed: Installed) -> None:  # noqa: F811
    assert not installed.site.is_relative_to(ROOT)


@pytest.mark.parametrize("name", TEXT + NUMERIC)
@pytest.mark.parametrize("check", [CHECK_ENV, API, PARALLEL, SEED], ids=["check_env", "api", "parallel_api", "seed"])
def test_farama(installed: Installed, name: str, check: str) -> None:  # noqa: F811
    if name in NUMERIC and not numeric_is_there():
        pytest.skip("agentgym.numeric is not written yet")
    installed.run("-c", HEAD.format(site=str(installed.site)) + check.format(name=name))


def test_the_acceptance_line(installed: Installed) -> None:  # noqa: F811
    line = "import gymnasium as gym, agentgym; e = gym.make('AgentTool-v0'); print(e.reset(seed=0))"
    done = subprocess.run([installed.python, "-c", line], cwd=Path("/"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "it prints a warning"
    assert done.stdout.startswith("({'transcript': '")
    assert "'task_id'" in done.stdout

"""The clinic in gem-llm, as one row of `peers.py`.

One writes an environment with tools for gem as an `Env` for the conversation, a `BaseTool` that takes its calls out of
the model's text, and `ToolEnvWrapper` around both. `plain` is that; in `concat` gem's `ObservationWrapper` also keeps
the conversation, as our transcript does; in `chat` that wrapper writes it by a chat template, as a trainer has it do
(gem's `concat_chat`); in `judged` the tool is a whole episode of agentgym, so that gem's step pays
our rewards, checks our rules and keeps our events, and what it costs beside ours is gem's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import msgspec
from _peers_work import LAST, PROMPT, Case, Stepper, Work, as_text, serve
from gem.core import Env
from gem.tools.base_tool import BaseTool
from gem.tools.tool_env_wrapper import ToolEnvWrapper
from gem.wrappers.observation_wrapper import ObservationWrapper

from agentgym.episode import Episode
from agentgym.types import Called

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"


class Talk(Env):
    """What lies under the tools: the user's words, and the end."""

    def reset(self, seed: int | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed)
        return PROMPT, {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        return f"You said: {action}", 0.0, True, False, {}


class ClinicTool(BaseTool):
    """The clinic's tools as one gem tool. gem tries its tools one after the other, so one is the cheapest."""

    tool_type = "clinic"
    name = "clinic"

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work, self.world = work, None
        self._text = msgspec.json.encode(work.functions).decode()

    def begin(self, case: Case) -> None:
        self.world = self.work.world(case)

    def end(self) -> None:
        self.world.close()

    def instruction_string(self) -> str:
        return self._text

    def execute_action(self, action: str) -> tuple[bool, bool, str, str]:
        start, end = action.find(_OPEN), action.find(_CLOSE)
        if start < 0 or end < start:
            return False, True, "", ""
        call = msgspec.json.decode(action[start + len(_OPEN) : end])
        result = self.work.call(self.world, call["name"], call["arguments"])
        return True, False, result, action[: end + len(_CLOSE)]


class JudgedTool(ClinicTool):
    """As above, with an episode of agentgym behind it."""

    def begin(self, case: Case) -> None:
        self.episode = Episode(self.work.pack, case.task, pool=self.work.pool)

    def end(self) -> None:
        self.episode.close()

    def execute_action(self, action: str) -> tuple[bool, bool, str, str]:
        if self.episode.ending:
            return False, True, "", ""
        events = self.episode.apply(action)
        called = next((event for event in events if isinstance(event, Called)), None)
        if called is None:
            return False, True, "", ""
        return True, called.error is not None, msgspec.json.encode(called.result).decode(), action


class Template:
    """What the wrapper asks of a tokenizer. The template writes as Qwen's does, and is compiled once and rendered in a
    sandbox as transformers does, without what transformers does around it."""

    TEXT = (
        "{%- for message in messages %}"
        "{%- if message.role == 'tool' %}{{ '<|im_start|>user\\n<tool_response>\\n' + message.content "
        "+ '\\n</tool_response><|im_end|>\\n' }}"
        "{%- else %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{%- endif %}"
        "{%- endfor %}"
        "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}"
    )

    def __init__(self) -> None:
        sandbox = importlib.import_module("jinja2.sandbox")
        made = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self._render = made.from_string(self.TEXT).render

    def apply_chat_template(
        self, messages: list[dict[str, str]], *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        assert not tokenize
        return self._render(messages=messages, add_generation_prompt=add_generation_prompt)


class Gem(Stepper):
    """gem's `reset` and `step`. `wrapper`: the arguments of an `ObservationWrapper` around the tools, if any."""

    distributions = ("gem-llm",)

    def __init__(
        self, tasks: int, tool: type[ClinicTool] = ClinicTool, wrapper: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(tasks)
        self.tool, self.wrapper = tool, wrapper

    def begin(self, case: Case) -> tuple[ClinicTool, Any]:
        tool = self.tool(self.work)
        env: Any = ToolEnvWrapper(Talk(), [tool], max_tool_uses=None)
        if self.wrapper is not None:
            env = ObservationWrapper(env, include_action=True, **self.wrapper)
        tool.begin(case)
        env.reset()
        return tool, env

    def call(self, env: tuple[ClinicTool, Any], call: tuple[str, str]) -> Any:
        return env[1].step(as_text(call))

    def last(self, env: tuple[ClinicTool, Any]) -> None:
        env[1].step(LAST)

    def result(self, env: tuple[ClinicTool, Any], given: Any) -> str:
        return given[0] if self.wrapper is None else env[1].obs_queue[-1][0]

    def end(self, env: tuple[ClinicTool, Any]) -> None:
        env[0].end()


if __name__ == "__main__":
    serve({
        "plain": Gem,
        "concat": lambda tasks: Gem(tasks, wrapper={"include_chat_template": False}),
        "chat": lambda tasks: Gem(tasks, wrapper={"include_chat_template": True, "tokenizer": Template()}),
        "judged": lambda tasks: Gem(tasks, JudgedTool),
    })  # fmt: skip

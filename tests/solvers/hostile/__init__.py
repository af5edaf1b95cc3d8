"""Programs that try to get out, to cheat or to break the machine, and how each must end."""

from __future__ import annotations

from tests.solvers.hostile.case import Hostile
from tests.solvers.hostile.cheating import CHEATING
from tests.solvers.hostile.endings import ENDINGS
from tests.solvers.hostile.endless import ENDLESS
from tests.solvers.hostile.files import FILES
from tests.solvers.hostile.processes import PROCESSES
from tests.solvers.hostile.resources import RESOURCES
from tests.solvers.hostile.system_calls import SYSTEM_CALLS

ALL: list[Hostile] = [*FILES, *PROCESSES, *SYSTEM_CALLS, *ENDLESS, *RESOURCES, *ENDINGS, *CHEATING]

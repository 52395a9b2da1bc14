"""Standing checks of the quality of threats, incidents and editions. One small function per check; see `base`.

To add a check: one function with `@check(...)` in the module of its record, a case in `tests/threats/test_quality.py`.
"""

from threats.quality import editions, incidents, threats  # noqa: F401  each registers its checks
from threats.quality.base import CHECKS, Check, Facts, Finding, Result, run_checks
from threats.quality.reading import read_facts

__all__ = ["CHECKS", "Check", "Facts", "Finding", "Result", "read_facts", "run_checks"]

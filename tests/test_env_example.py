"""The three places that name environment variables agree: settings, compose file, .env.example."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read_by_settings() -> set[str]:
    """Return the first argument of every call env.<something>("NAME", ...) in the settings."""
    tree = ast.parse((ROOT / "pocweb" / "settings.py").read_text())
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }


def read_by_compose() -> set[str]:
    """Return every ${NAME...} of the compose file."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))


def documented() -> list[str]:
    """Return every variable of .env.example, in its order, commented out or not."""
    return re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)


def test_env_example_names_exactly_what_is_read() -> None:
    assert sorted(documented()) == sorted(read_by_settings() | read_by_compose())


def test_env_example_explains_every_variable() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    unexplained = [
        line
        for before, line in zip(lines, lines[1:], strict=False)
        if re.match(r"#?[A-Z_]+=", line) and not before.startswith("# ")
    ]
    assert unexplained == []


def test_compose_has_no_default_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{([A-Z_]*(?:PASSWORD|SECRET)[A-Z_]*)([^}]*)\}", text)
    assert secrets
    assert [name for name, rest in secrets if not rest.startswith(":?")] == []

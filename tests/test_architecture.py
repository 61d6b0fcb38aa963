"""The rules of the design (docs/design.md), as tests."""

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from support import run_order

from poolhouse.operations.registry import PROVING_NOTHING, TABLE, UNRECORDED_READS, Audited
from poolhouse.services.context import UserCall
from poolhouse.wire.operations import OPERATIONS, Caller

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "poolhouse").rglob("*.py"))
EVERY_PYTHON_FILE = sorted(
    file
    for folder in ("poolhouse", "tests", "tools", "bench", "examples")
    for file in (ROOT / folder).rglob("*.py")
    if "node_modules" not in file.parts
)
GENERATED = ROOT / "poolhouse" / "wire"

NOT_BUILT = frozenset(
    """
    AdminDisableProviderForUser AdminLinkProviderForUser AdminListUserAuthEvents
    AdminUpdateAuthEventFeedback CancelPointInTimeRecovery
    CreateIdentityProvider CreateUserImportJob CreateUserPoolReplica
    DeleteIdentityProvider DeleteUserPoolReplica DescribeIdentityProvider
    DescribePointInTimeRecovery DescribeRiskConfiguration DescribeUserImportJob GetCSVHeader
    GetIdentityProviderByIdentifier GetLogDeliveryConfiguration GetProvisionedLimit
    InitiatePointInTimeRecovery ListIdentityProviders
    ListPointInTimeRecoveries ListUserImportJobs ListUserPoolReplicas
    SetLogDeliveryConfiguration SetRiskConfiguration StartPointInTimeRecovery StartUserImportJob
    StopUserImportJob UpdateAuthEventFeedback
    UpdateIdentityProvider UpdateProvisionedLimit UpdateUserPoolReplica
    """.split()  # noqa: SIM905 - a list of words is easier to read and to edit
)
"""The operations that are still to be built; they answer UnknownOperationException."""


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_operations_of_the_model_are_built_or_listed_as_not_built() -> None:
    built = TABLE.keys()
    assert built | NOT_BUILT == OPERATIONS.keys(), (
        f"new in the model: {sorted(OPERATIONS.keys() - built - NOT_BUILT)};"
        f" gone from it: {sorted((built | NOT_BUILT) - OPERATIONS.keys())}"
    )
    assert not built & NOT_BUILT, f"built by now: {sorted(built & NOT_BUILT)}"


def test_readme_states_how_many_operations_are_built() -> None:
    named = set(re.findall(r"(\d+) of the (\d+) operations", (ROOT / "README.md").read_text()))
    assert named == {(str(len(TABLE)), str(len(OPERATIONS)))}


def test_operation_handlers_are_registered_once() -> None:
    handlers = Counter(entry.handle for entry in TABLE.values())
    assert [handle for handle, times in handlers.items() if times > 1] == []


def test_operations_are_audited_or_have_a_reason_why_not() -> None:
    """Calls of administrators always leave a record; it is not the table's to say."""
    by_name = {Audited.EVERY_PROOF: PROVING_NOTHING, Audited.REFUSALS: UNRECORDED_READS}
    for name, entry in TABLE.items():
        if entry.audited is Audited.EVERY_CALL:
            assert name not in PROVING_NOTHING.keys() | UNRECORDED_READS, name
        else:
            assert entry.operation.caller is not Caller.IAM, name
            assert len(by_name[entry.audited][name].split()) > 4, f"{name} needs its reason"
    for name in UNRECORDED_READS:
        source = inspect.getsource(TABLE[name].handle)
        assert TABLE[name].call is UserCall
        assert "commit" not in source, f"{name} changes something"
    assert TABLE.keys() >= PROVING_NOTHING.keys() | UNRECORDED_READS.keys()


def test_layers_import_only_lower_ones() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tool", ["gen_wire.py", "gen_docs.py"])
def test_generated_files_are_fresh(tool: str) -> None:
    command: list[str | Path] = [sys.executable, ROOT / "tools" / tool, "--check"]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_have_at_most_400_lines() -> None:
    lengths = {
        _name(file): len(file.read_text().splitlines())
        for file in EVERY_PYTHON_FILE
        if GENERATED not in file.parents
    }
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_file_names_are_specific() -> None:
    banned = {"utils", "helpers", "common", "base", "manager", "service", "models"}
    assert [_name(file) for file in EVERY_PYTHON_FILE if file.stem in banned] == []


TEST_NAMES_AS_SENTENCES = re.compile(
    r"test_(?:an?|the|who\w*|what\w*|where\w*|how|it|its|they|there|of"
    r"|no|nobody|nothing|none|some\w*|every\w*|each|any\w*|only|both|one(?!_time_)|another|other)_"
)
"""Articles, pronouns and the like: behind them the subject comes too late to be found."""


def test_test_names_begin_with_the_operation_or_subject() -> None:
    sentences = [
        f"{_name(file)}: {name}"
        for file in (ROOT / "tests").rglob("test_*.py")
        if "node_modules" not in file.parts
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
        if TEST_NAMES_AS_SENTENCES.match(name)
    ]
    assert sentences == [], "test_<operation or subject>_<condition>_<result> (CONTRIBUTING.md)"


GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()

SAME_NAMES = {
    "Sealer": "the store's protocol, which crypto's class fulfils",
    "Outbox": "the delivery's protocol, which the store fulfils",
    "Context": "what is sealed or hashed, and the object that AWS passes to a handler",
    "Channel": "a message's channel, and a pipe to a child process",
}


def test_public_class_names_are_unique_or_have_a_reason() -> None:
    found: dict[str, list[str]] = {}
    for file in (ROOT / "poolhouse").rglob("*.py"):
        if GENERATED not in file.parents:
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(_name(file))
    doubles = {name: files for name, files in found.items() if len(files) > 1}
    assert doubles.keys() == SAME_NAMES.keys() & doubles.keys(), doubles


TERMS_IN_ING = {
    "branding",
    *("error_logging", "delivery_masking", "latency_matching", "listing", "session_tracking"),
    *("sigv4_signing", "value_parsing"),
}
"""Nouns of the field. Other modules that end so would be named by what they do."""


def test_module_names_are_nouns_of_the_field() -> None:
    stems = {file.stem for file in (ROOT / "poolhouse").rglob("*.py")}
    assert {stem for stem in stems if stem.endswith("ing")} - TERMS_IN_ING == set()


def test_packages_have_a_docstring() -> None:
    packages = {file.parent for file in (ROOT / "poolhouse").rglob("*.py")}
    without = [
        _name(each)
        for each in packages
        if not ast.get_docstring(ast.parse((each / "__init__.py").read_text()))
    ]
    assert without == []


CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"} | {
    f"time.{name}" for name in ("time", "time_ns", "monotonic", "perf_counter")
}
RANDOMNESS = {"os.urandom", "uuid.uuid4", "uuid.uuid1"}
RANDOM_MODULES = {"random", "secrets"}
MAY_ASK = {
    "poolhouse/clock.py": "it is the clock",
    "poolhouse/ids.py": "it is the randomness",
    "poolhouse/crypto/sealer.py": "nonces come from the system, never from a seed",
    "poolhouse/crypto/master_key.py": "keys come from the system, never from a seed",
    "poolhouse/triggers/transports/runtime/python_runtime.py": "a program of its own, in the child",
}


def _asks(file: Path) -> set[str]:
    """The names of clocks and sources of randomness that a file uses."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found |= {f"{node.value.id}.{node.attr}"} & (CLOCKS | RANDOMNESS)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & RANDOM_MODULES
        elif isinstance(node, ast.ImportFrom) and node.module in RANDOM_MODULES:
            found.add(node.module)
    return found


def test_clock_and_randomness_are_read_only_in_their_modules() -> None:
    asking = {_name(file): _asks(file) for file in SOURCES if _name(file) not in MAY_ASK}
    assert {name: asked for name, asked in asking.items() if asked} == {}


def test_differences_are_in_the_docs() -> None:
    said = Counter(
        {_name(f): f.read_text().count("DIFFERS:") for f in SOURCES if "DIFFERS:" in f.read_text()}
    )
    page = (ROOT / "docs" / "differences.md").read_text()
    assert Counter(re.findall(r"^\| `(poolhouse/[^`]+)` \|", page, re.MULTILINE)) == said


def test_dependencies_have_a_reason_in_the_docs() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    wanted = set(re.findall(r'^    "([a-z0-9-]+)>=', project, re.MULTILINE))
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert {name for name in wanted if not re.search(rf"\b{name}\b", page)} == set()


def test_locks_have_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text
    for lock in ROOT.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert "://" not in lock.read_text(), lock


TOUR = re.findall(r"`(poolhouse/[\w/]+\.py):([\w.]+)`", (ROOT / "docs" / "tour.md").read_text())


@pytest.mark.parametrize(("file", "name"), TOUR)
def test_tour_names_exist(file: str, name: str) -> None:
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text()).body
    for part in name.split("."):
        found = [node for node in body if part in _defined(node)]
        assert found, f"{file} has no {name}"
        body = getattr(found[0], "body", [])


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def test_docs_links_resolve() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{_name(page)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_glossary_paths_exist_and_terms_are_sorted() -> None:
    rows = re.findall(r"^\| ([\w -]+) \| .* \| (?:`([\w/.]+)`)? ?\|$", GLOSSARY, re.MULTILINE)
    terms = [term for term, _ in rows if term != "Term"]
    assert len(terms) > 30
    assert terms == sorted(terms, key=str.casefold)
    assert [
        path
        for _, path in rows
        if not (ROOT / "poolhouse" / path).exists() and not (ROOT / path).exists()
    ] == []


def test_files_that_run_first_exist() -> None:
    assert [
        name for name in run_order.LONGEST_FIRST if not (run_order.TESTS / name).is_file()
    ] == []

"""`ghost annotate` and `ghost stubs` on a real program: the result is the same program, and a type
checker finds nothing in it that was not there before."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

PROGRAM = {
    "shapes.py": '''
        """Shapes, without a single annotation."""
        import contextlib
        import math
        from enum import Enum


        class Colour(Enum):
            RED = 1
            BLUE = 2


        class Shape:
            def __init__(self, colour=Colour.RED, name=None):
                self.colour = colour
                self.name = name

            def area(self, scale):
                raise NotImplementedError

            def renamed(self, name):
                self.name = name
                return self

            def __eq__(self, other):
                if not isinstance(other, Shape):
                    return NotImplemented
                return self.area(1) == other.area(1)

            def list(self, count=2):
                return [self] * count


        class Circle(Shape):
            def __init__(self, radius, **more):
                super().__init__(**more)
                self.radius = radius

            def area(self, scale):
                return math.pi * self.radius**2 * scale


        class Square(Shape):
            def area(self, scale):
                return 4 * scale


        def largest(shapes, *, key=lambda shape: shape.area(1)):
            best = None
            for shape in shapes:
                if best is None or key(shape) > key(best):
                    best = shape
            return best


        def find(shapes, name):
            for shape in shapes:
                if shape.name == name:
                    return shape


        def countdown(start, step=1):
            while start > 0:
                yield start
                start -= 1


        @contextlib.contextmanager
        def opened(path, mode="r"):
            with open(path, mode) as file:
                yield file


        def label(shape=None, prefix=""):
            prefix = prefix.strip() or "shape"
            return prefix if shape is None else f"{prefix} {shape.name}"
    ''',
    "app.py": """
        import asyncio
        import re
        from pathlib import Path

        import shapes
        from shapes import Circle, Square


        class Job:
            def __init__(self, work, when=None):
                self.work = work
                self.when = when

            def run(self):
                return self.work()


        async def ticks(count):
            for number in range(count):
                await asyncio.sleep(0)
                yield number


        async def total(count):
            result = 0
            async for number in ticks(count):
                result += number
            return result


        def words(text, pattern):
            return [match.group() for match in pattern.finditer(text)]


        def use(job): return job.run()


        def main():
            circle, square = Circle(2.0, name="c"), Square(shapes.Colour.BLUE)
            assert circle != square and circle != 3
            assert shapes.largest([circle, square]) is circle
            assert circle.list() == [circle, circle]
            assert shapes.find([square, circle], "c") is circle
            assert list(shapes.countdown(3)) == [3, 2, 1]
            with shapes.opened(Path("words.txt")) as file:
                print(file.readline().strip())
            print(shapes.label(), shapes.label(circle.renamed("d"), " a "), square.renamed("s").name)
            print(words("a bc", re.compile("[a-z]+")), use(Job(lambda: 5)), asyncio.run(total(4)))


        main()
    """,
}


def type_check(bench, *files):
    """What the checker says of files, in the mode that also looks into functions without
    annotations."""
    options = ("--check-untyped-defs", "--cache-dir", bench.root / "cache", "--no-error-summary")
    return bench.run(sys.executable, "-m", "mypy", *options, *files, cwd=bench.work).stdout


class WithoutAnnotations(ast.NodeTransformer):
    """Takes out what may be added."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that `ast` looks for

    def visit_ImportFrom(self, node):
        added = node.module == "__future__" or node.names[0].name == "TYPE_CHECKING"
        return None if added else node

    def visit_If(self, node):
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def code(text):
    """The program without annotations."""
    return ast.dump(WithoutAnnotations().visit(ast.parse(text)))


@pytest.fixture
def shapes(bench):
    """The program, recorded."""
    for name, text in PROGRAM.items():
        bench.write(name, text)
    bench.write("words.txt", "a few words")
    bench.record("app.py")
    return bench


def test_annotating_changes_annotations_only_and_type_checks(shapes):
    files = {name: shapes.work / name for name in PROGRAM}
    before = {name: file.read_text() for name, file in files.items()}
    printed = shapes.plain("app.py").stdout
    assert type_check(shapes, *files) == ""

    difference = shapes.ghost("annotate")
    assert difference.code == 0
    assert {name: file.read_text() for name, file in files.items()} == before

    files["app.py"].chmod(0o754)
    assert shapes.ghost("annotate", "--write").code == 0
    after = {name: file.read_text() for name, file in files.items()}
    for name, text in after.items():
        assert code(text) == code(before[name])
    assert files["app.py"].stat().st_mode & 0o777 == 0o754
    assert shapes.plain("app.py").stdout == printed
    assert type_check(shapes, *files) == ""

    for line in [
        "    def __init__(self, colour: Colour = Colour.RED, name: str | None = None) -> None:",
        "    def area(self, scale: int) -> float:",
        "    def renamed(self, name: str) -> Self:",
        "    def __eq__(self, other) -> bool:",
        "def countdown(start: int, step: int = 1) -> Iterator[int]:",
        "def opened(path: Path, mode: str = r) -> Iterator[IO[str]]:",
        "def largest(shapes: list, *, key: Callable[..., Any] = lambda shape: shape.area(1)) -> Circle | None:",
        "def label(shape: Circle | None = None, prefix: str = ) -> str:",
    ]:
        assert line in after["shapes.py"].replace('"', ""), line
    assert "async def ticks(count: int) -> AsyncIterator[int]:" in after["app.py"]
    assert "def words(text: str, pattern: re.Pattern) -> list:" in after["app.py"]

    shapes.record("app.py")
    assert shapes.ghost("annotate").stdout == ""


def test_what_changed_since_the_session_is_left_alone(shapes):
    file = shapes.work / "shapes.py"
    changed = "# one line more\n" + file.read_text()
    file.write_text(changed)
    finished = shapes.ghost("annotate", "--write", "shapes.py")
    assert file.read_text() == changed
    assert "`shapes.py` changed since it ran" in finished.stderr


def test_encoding_mark_and_line_ends_stay(bench):
    file = bench.work / "odd.py"
    text = "# -*- coding: latin-1 -*-\r\ndef f(x):\r\n    return 'é' + x\r\n\r\n\r\nf('ü')\r\n"
    file.write_bytes(text.encode("latin-1"))
    bench.record("odd.py")
    assert bench.ghost("annotate", "--write").code == 0
    annotated = text.replace("f(x)", "f(x: str) -> str")
    assert file.read_bytes() == annotated.encode("latin-1")


def test_stubs_type_check_and_say_what_was_seen(shapes):
    assert shapes.ghost("stubs", "-o", "typings").code == 0
    stubs = [shapes.work / "typings" / name for name in ("app.pyi", "shapes.pyi")]
    assert type_check(shapes, *stubs) == ""
    text = stubs[1].read_text()
    assert "    RED = 1\n    BLUE = 2\n" in text
    assert "    def area(self, scale: int) -> int: ...\n" in text
    assert "def label(shape: Circle | None = ..., prefix: str = ...) -> str: ...\n" in text
    assert "import math" not in text


def test_type_checkers_know_every_name_of_the_table(bench):
    root = Path(__file__).parent.parent
    table = root / "crates/ghost-analysis/src/inference/naming_table.rs"
    rows = re.findall(r'\(\s*"[^"]+",\s*"([a-z_.]+)",\s*"(\w+)",?\s*\)', table.read_text())
    assert len(rows) > 80
    lines = [f"import {module}" for module in sorted({module for module, _ in rows})]
    lines += [f"v{at}: {module}.{name}" for at, (module, name) in enumerate(rows)]
    bench.write("names.py", "\n".join(lines))
    assert type_check(bench, "names.py") == ""

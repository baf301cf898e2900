"""A click application with a group, options, a prompt and a failure; rich output; a Jinja template."""

import io
import sys

import click
import jinja2
from rich.console import Console
from rich.table import Table


@click.group()
@click.option("--verbose/--quiet", default=False)
@click.pass_context
def main(context, verbose):
    context.obj = {"verbose": verbose}


@main.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--count", type=int, default=1, show_default=True)
@click.pass_obj
def greet(options, names, count):
    for name in names * count:
        click.echo(f"hello {name} {options['verbose']}")


@main.command()
def table():
    grid = Table(title="Numbers")
    grid.add_column("n")
    grid.add_column("square", justify="right")
    for n in range(3):
        grid.add_row(str(n), str(n * n))
    console = Console(file=io.StringIO(), width=40)
    console.print(grid)
    click.echo(console.file.getvalue())
    template = jinja2.Template("{% macro line(x) %}<{{ x|upper }}>{% endmacro %}{% for x in xs %}{{ line(x) }}{% endfor %}")
    click.echo(template.render(xs=["a", "b"]))


if __name__ == "__main__":
    sys.exit(main())

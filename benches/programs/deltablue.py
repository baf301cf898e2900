"""DeltaBlue: an incremental solver of one-way constraints, with small methods and several classes per call.

Written for Ghostglass after the published algorithm by John Maloney, Bjorn Freeman-Benson and Alan Borning
and its two classic tests, a chain and a projection. No code of theirs is in here.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from itertools import pairwise

from timing import measure

SIZE = 40
"""Variables in the chain, and points in the projection."""

CALLS = 19_884
"""Calls of one run, as counted by `--count`."""

REQUIRED, STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT, WEAKEST = range(7)
"""Strengths, the strongest first."""


def is_stronger(one: int, other: int) -> bool:
    """Compare two strengths."""
    return one < other


def weakest_of(one: int, other: int) -> int:
    """Return the weaker of two strengths."""
    return max(one, other)


class Direction(Enum):
    """Which way a constraint between two variables works."""

    NONE = 0
    FORWARD = 1
    BACKWARD = 2


class Variable:
    """A value, and what determines it."""

    def __init__(self, value: int) -> None:
        """Begin undetermined."""
        self.value = value
        self.constraints: list[Constraint] = []
        self.determined_by: Constraint | None = None
        self.mark = 0
        self.walk_strength = WEAKEST
        self.stays = True

    def consumers(self) -> list[Constraint]:
        """Return the satisfied constraints that read it."""
        writer = self.determined_by
        return [c for c in self.constraints if c is not writer and c.is_satisfied()]

    def forget(self) -> None:
        """Become undetermined."""
        self.determined_by = None
        self.walk_strength = WEAKEST
        self.stays = True


class Constraint:
    """A relation that the planner tries to keep."""

    is_input = False

    def __init__(self, planner: Planner, strength: int, *variables: Variable) -> None:
        """Enter the graph and have the planner satisfy it."""
        self.planner = planner
        self.strength = strength
        self.variables = variables
        for variable in variables:
            variable.constraints.append(self)
        planner.add(self)

    def leave_graph(self) -> None:
        """Be known to no variable."""
        for variable in self.variables:
            variable.constraints.remove(self)
        self.mark_unsatisfied()

    def satisfy(self, mark: int) -> Constraint | None:
        """Try to be satisfied; return the constraint that had to give way."""
        self.choose_method(mark)
        if not self.is_satisfied():
            if self.strength == REQUIRED:
                raise SystemExit("deltablue cannot satisfy a required constraint")
            return None
        self.mark_inputs(mark)
        out = self.output()
        overridden = out.determined_by
        if overridden is not None:
            overridden.mark_unsatisfied()
        out.determined_by = self
        if not self.planner.propagate(self, mark):
            raise SystemExit("deltablue met a cycle")
        out.mark = mark
        return overridden

    def destroy(self) -> None:
        """End keeping the relation."""
        if self.is_satisfied():
            self.planner.remove(self)
        else:
            self.leave_graph()

    def is_satisfied(self) -> bool:
        """Tell whether it is kept at the moment."""
        raise NotImplementedError

    def mark_unsatisfied(self) -> None:
        """Note that it is not kept."""
        raise NotImplementedError

    def choose_method(self, mark: int) -> None:
        """Decide which variable to write, if any."""
        raise NotImplementedError

    def mark_inputs(self, mark: int) -> None:
        """Mark what it reads; nothing unless there is something."""

    def inputs_known(self, _: int) -> bool:
        """Tell whether all it reads is known; true where it reads nothing."""
        return True

    def output(self) -> Variable:
        """Return the variable it writes."""
        raise NotImplementedError

    def recalculate(self) -> None:
        """Hand strength and stability on to the output."""
        raise NotImplementedError

    def execute(self) -> None:
        """Write the output; nothing for constraints that only hold a place."""


class UnaryConstraint(Constraint):
    """A wish about one variable."""

    def __init__(self, planner: Planner, variable: Variable, strength: int) -> None:
        """Begin unsatisfied."""
        self.satisfied = False
        super().__init__(planner, strength, variable)

    def is_satisfied(self) -> bool:
        """Tell whether it is kept at the moment."""
        return self.satisfied

    def mark_unsatisfied(self) -> None:
        """Note that it is not kept."""
        self.satisfied = False

    def choose_method(self, mark: int) -> None:
        """Write the variable if that is neither done already nor wished more strongly by another."""
        out = self.output()
        self.satisfied = out.mark != mark and is_stronger(self.strength, out.walk_strength)

    def output(self) -> Variable:
        """Return its variable."""
        return self.variables[0]

    def recalculate(self) -> None:
        """Hand strength and stability on to the variable."""
        out = self.output()
        out.walk_strength = self.strength
        out.stays = not self.is_input
        if out.stays:
            self.execute()


class StayConstraint(UnaryConstraint):
    """A variable shall stay as it is."""


class EditConstraint(UnaryConstraint):
    """A variable is changed from outside."""

    is_input = True


class BinaryConstraint(Constraint):
    """A relation between two variables, either of which can be computed from the other."""

    def __init__(self, planner: Planner, strength: int, *variables: Variable) -> None:
        """Begin without a direction."""
        self.direction = Direction.NONE
        super().__init__(planner, strength, *variables)

    def is_satisfied(self) -> bool:
        """Tell whether it is kept at the moment."""
        return self.direction is not Direction.NONE

    def mark_unsatisfied(self) -> None:
        """Note that it is not kept."""
        self.direction = Direction.NONE

    def choose_method(self, mark: int) -> None:
        """Write the end that is free, or the one that is held less strongly."""
        first, second = self.variables[:2]
        if first.mark == mark:
            forward, possible = True, second.mark != mark
        elif second.mark == mark:
            forward, possible = False, True
        else:
            forward, possible = not is_stronger(second.walk_strength, first.walk_strength), True
        target = second if forward else first
        possible = possible and is_stronger(self.strength, target.walk_strength)
        wanted = Direction.FORWARD if forward else Direction.BACKWARD
        self.direction = wanted if possible else Direction.NONE

    def input(self) -> Variable:
        """Return the variable it reads."""
        return self.variables[0 if self.direction is Direction.FORWARD else 1]

    def output(self) -> Variable:
        """Return the variable it writes."""
        return self.variables[1 if self.direction is Direction.FORWARD else 0]

    def mark_inputs(self, mark: int) -> None:
        """Mark the variable it reads."""
        self.input().mark = mark

    def inputs_known(self, mark: int) -> bool:
        """Tell whether the variable it reads is known."""
        source = self.input()
        return source.mark == mark or source.stays or source.determined_by is None

    def recalculate(self) -> None:
        """Hand strength and stability on to the output."""
        source, out = self.input(), self.output()
        out.walk_strength = weakest_of(self.strength, source.walk_strength)
        out.stays = self.is_stable(source)
        if out.stays:
            self.execute()

    def is_stable(self, source: Variable) -> bool:
        """Tell whether the output cannot change while nothing is edited."""
        return source.stays


class EqualityConstraint(BinaryConstraint):
    """Both variables are equal."""

    def execute(self) -> None:
        """Copy."""
        self.output().value = self.input().value


class ScaleConstraint(BinaryConstraint):
    """The second variable is the first times a factor plus an offset, which are variables too."""

    def mark_inputs(self, mark: int) -> None:
        """Mark everything it reads."""
        super().mark_inputs(mark)
        self.variables[2].mark = mark
        self.variables[3].mark = mark

    def is_stable(self, source: Variable) -> bool:
        """Tell whether nothing it reads can change while nothing is edited."""
        return source.stays and self.variables[2].stays and self.variables[3].stays

    def execute(self) -> None:
        """Compute one from the other."""
        first, second, factor, offset = self.variables
        if self.direction is Direction.FORWARD:
            second.value = first.value * factor.value + offset.value
        else:
            first.value = (second.value - offset.value) // factor.value


class Planner:
    """Keeps as many constraints as possible, the stronger ones first."""

    def __init__(self) -> None:
        """Begin with an unused mark."""
        self.mark = 0

    def new_mark(self) -> int:
        """Return a mark that no variable has."""
        self.mark += 1
        return self.mark

    def add(self, constraint: Constraint) -> None:
        """Satisfy it, then those that gave way, elsewhere."""
        mark = self.new_mark()
        overridden = constraint.satisfy(mark)
        while overridden is not None:
            overridden = overridden.satisfy(mark)

    def remove(self, constraint: Constraint) -> None:
        """Drop it, then satisfy what it had kept from being satisfied."""
        out = constraint.output()
        constraint.leave_graph()
        unsatisfied = self.remove_propagate(out)
        for strength in range(REQUIRED, WEAKEST):
            for candidate in unsatisfied:
                if candidate.strength == strength:
                    self.add(candidate)

    def plan_of(self, sources: list[Constraint]) -> list[Constraint]:
        """Return the constraints to execute, in order, when `sources` change."""
        mark = self.new_mark()
        plan: list[Constraint] = []
        todo = [c for c in sources if c.is_input and c.is_satisfied()]
        while todo:
            constraint = todo.pop()
            out = constraint.output()
            if out.mark != mark and constraint.inputs_known(mark):
                plan.append(constraint)
                out.mark = mark
                todo.extend(out.consumers())
        return plan

    def propagate(self, constraint: Constraint, mark: int) -> bool:
        """Recalculate everything downstream; false if that leads back to where it began."""
        todo = [constraint]
        while todo:
            current = todo.pop()
            out = current.output()
            if out.mark == mark:
                self.remove(constraint)
                return False
            current.recalculate()
            todo.extend(out.consumers())
        return True

    def remove_propagate(self, out: Variable) -> list[Constraint]:
        """Recalculate everything downstream of `out`, which nothing determines any more."""
        out.forget()
        unsatisfied: list[Constraint] = []
        todo = [out]
        while todo:
            variable = todo.pop()
            unsatisfied.extend(c for c in variable.constraints if not c.is_satisfied())
            for consumer in variable.consumers():
                consumer.recalculate()
                todo.append(consumer.output())
        return unsatisfied


def execute(plan: list[Constraint]) -> None:
    """Execute constraints in order."""
    for constraint in plan:
        constraint.execute()


def expect(variable: Variable, value: int) -> None:
    """End the program if the solver is wrong."""
    if variable.value != value:
        raise SystemExit(f"deltablue is wrong: {variable.value} instead of {value}")


def chain() -> None:
    """Change the first variable of a chain of equalities and look at the last."""
    planner = Planner()
    variables = [Variable(0) for _ in range(SIZE + 1)]
    for one, other in pairwise(variables):
        EqualityConstraint(planner, REQUIRED, one, other)
    first, last = variables[0], variables[-1]
    StayConstraint(planner, last, STRONG_DEFAULT)
    edit = EditConstraint(planner, first, PREFERRED)
    plan = planner.plan_of([edit])
    for value in range(100):
        first.value = value
        execute(plan)
        expect(last, value)


def change(planner: Planner, variable: Variable, value: int) -> None:
    """Edit a variable ten times."""
    edit = EditConstraint(planner, variable, PREFERRED)
    plan = planner.plan_of([edit])
    for _ in range(10):
        variable.value = value
        execute(plan)
    edit.destroy()


def projection() -> None:
    """Map points by a scale and an offset, and change each of the four in turn."""
    planner = Planner()
    scale, offset = Variable(10), Variable(1000)
    points = [(Variable(number), Variable(number)) for number in range(SIZE)]
    for source, target in points:
        StayConstraint(planner, source, NORMAL)
        ScaleConstraint(planner, REQUIRED, source, target, scale, offset)
    source, target = points[-1]
    edited = partial(change, planner)
    edited(source, 17)
    expect(target, 1170)
    edited(target, 1050)
    expect(source, 5)
    edited(scale, 5)
    for number, (_, point) in enumerate(points[:-1]):
        expect(point, number * 5 + 1000)
    edited(offset, 2000)
    for number, (_, point) in enumerate(points[:-1]):
        expect(point, number * 5 + 2000)


def run() -> None:
    """Do both tests."""
    chain()
    projection()


measure(run, CALLS)

"""What the tests of probes observe: a function of every kind, wrapped in every way."""

from __future__ import annotations

import functools


def wrapped_in_an_object(function):
    """A decorator whose wrapper reaches the function through an object."""

    class Holder:
        def __init__(self, held):
            self.held = held

    holder = Holder(function)

    @functools.wraps(function)
    def outer(self, amount):
        return holder.held(self, amount + 100)

    return outer


class Wrapper:
    """A decorator that is a class, and passes everything on."""

    def __call__(self, function):
        @functools.wraps(function)
        def passed_on(*args, **kwargs):
            return function(*args, **kwargs)

        return passed_on


def add13(amount):
    extra = 13
    output = amount + extra
    return output  # noqa: RET504 - a local for `end`


def other_add(amount):
    return amount + 17


def rebind(amount):
    amount = amount * 2
    return amount  # noqa: RET504 - the parameter changes before the return


def loop(rounds):
    total = 0
    for number in range(rounds):
        total += number
    return total


def fail(reason):
    raise ValueError(reason)


def generate(count):
    for number in range(count):  # noqa: UP028 - a loop, to be looked into
        yield number
    return "done"


async def coroutine(amount):
    return amount + 1


def outside(amount):
    def nested(more):
        return amount + more

    return nested(1)


def make_adder(amount):
    def adder(more):
        return amount + more

    return adder


add_one = make_adder(1)
add_two = make_adder(2)


@functools.lru_cache
def cached(amount):
    return amount + 1


@Wrapper()
def sum4(one, two, three, four):
    return one + two + three + four


def listed(term):
    return term[:2] + "!"


REGISTRY = {"listed": listed}
held_elsewhere = functools.partial(listed)


class Shape:
    name = None

    def __init__(self, template="<%s>"):
        self.template = template

    def draw(self, what, user_id=None):
        return self.template % what

    @staticmethod
    def static():
        return 15

    @classmethod
    def of_class(cls):
        return cls.__name__

    @wrapped_in_an_object
    def grow(self, amount):
        return amount + 5

    @property
    def exists(self):
        return True

    def rename(self, to):
        self.name = to
        return to

    def rename_often(self):
        for name in ("alpha", "beta", "gamma", "delta"):
            self.rename(to=name)


class SubShape(Shape):
    pass

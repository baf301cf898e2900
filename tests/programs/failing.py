"""Ends with a chained, nested traceback, notes and a group among it."""

import functools


class Broken(Exception):
    def __str__(self):
        return "broken: " + ", ".join(map(repr, self.args))


def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        try:
            return function(*args)
        except ZeroDivisionError as error:
            error.add_note("a note")
            raise Broken(*args) from error

    return wrapper


@logged
def divide(a, b):
    return a / b


def generate():
    try:
        yield divide(1, 0)
    finally:
        print("finally")


def group():
    errors = []
    for n in range(2):
        try:
            [divide(n, 0) for _ in range(2)]
        except Broken as error:
            errors.append(error)
    raise ExceptionGroup("several", errors)


try:
    group()
except* Broken as caught:
    print(len(caught.exceptions))
list(generate())

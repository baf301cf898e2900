"""Pickles instances of classes of `__main__`, there and back, also through a file."""

import pickle
from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: float

    def shifted(self, by):
        return Point(self.x + by, self.y + by)


class Node:
    def __init__(self, name, children=()):
        self.name, self.children = name, list(children)

    def __reduce__(self):
        return (Node, (self.name, self.children))


tree = Node("root", [Node("leaf"), Node("twig", [Node("end")])])
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    point = pickle.loads(pickle.dumps(Point(1, 2.5).shifted(protocol), protocol))
    print(protocol, point, len(pickle.dumps(tree, protocol)))
with open("tree.pickle", "wb") as file:
    pickle.dump(tree, file)
with open("tree.pickle", "rb") as file:
    print(type(pickle.load(file)), Point.__module__, Point.shifted.__qualname__)

"""Shapes of classes: attributes that run code, metaclasses, generated methods, operators."""

from __future__ import annotations

from .template import Template, as_shape

TEMPLATES = (
    Template(
        """
        class $Guarded:
            def __getattr__(self, name):
                if name.startswith("missing"):
                    raise AttributeError(name)
                return len(name)
            @property
            def level(self):
                return self.depth
            @level.setter
            def level(self, value):
                self.__dict__["given"] = value
            def __setattr__(self, name, value):
                object.__setattr__(self, name, value)
            def act(self, n):
                hasattr(self, "missing"), getattr(self, "missing", None)
                self.level = n
                BODY
        def $guarded(n):
            guarded = $Guarded()
            guarded.level
            return guarded.act(n)
        """,
        "$guarded({n})",
        others=14,
    ),
    Template(
        """
        class $Meta(type):
            @classmethod
            def __prepare__(mcls, name, bases, **options):
                return {}
            def __new__(mcls, name, bases, namespace, **options):
                return super().__new__(mcls, name, bases, namespace)
            def __init__(cls, name, bases, namespace, option=None):
                super().__init__(name, bases, namespace)
            def __call__(cls, *args, **kwargs):
                return super().__call__(*args, **kwargs)
            def __instancecheck__(cls, other):
                return other is None
            @property
            def size(cls):
                return len(cls.__mro__)
        def $meta_user(n):
            class Made(metaclass=$Meta, option=LIT):
                def __new__(cls, n, *rest):
                    return super().__new__(cls)
                def __init__(self, n, *rest):
                    self.n = n
                def __class_getitem__(cls, item):
                    return item
                def act(self, n):
                    BODY
            isinstance(n, Made), isinstance(None, Made)
            made = Made[int], Made.size
            return Made(n, LIT).act(n)
        """,
        "$meta_user({n})",
        others=14,
    ),
    Template(
        """
        def $registered(**options):
            def decorate(cls):
                original = cls.__init__
                @functools.wraps(original)
                def __init__(self, *args, **kwargs):
                    original(self, *args, **kwargs)
                cls.__init__ = __init__
                return cls
            return decorate
        class $Counted:
            def __init__(self, function):
                self.function = function
                functools.update_wrapper(self, function)
            def __call__(self, *args, **kwargs):
                return self.function(*args, **kwargs)
            def __get__(self, instance, owner):
                return functools.partial(self, instance)
        @$registered(name=LIT)
        @$registered()
        class $Decorated:
            def __init__(self, n):
                self.n = n
            @$Counted
            def act(self, n, *, key=LIT):
                BODY
        """,
        "$Decorated({n}).act({n}, key='k')",
        others=12,
    ),
    Template(
        """
        @dataclasses.dataclass(order=True)
        class $Point:
            n: int
            tags: list = dataclasses.field(default_factory=lambda: [HIT], compare=False)
            def __post_init__(self):
                self.total = self.n
            def act(self, n):
                BODY
        def $pointed(n):
            point, other = $Point(n), $Point(n + 1)
            dataclasses.replace(point, n=n), point == other, point < other
            repr(other)
            return max(point, other).act(n)
        """,
        "$pointed({n})",
        others=24,
    ),
    Template(
        """
        class $Pair(collections.namedtuple("Pair", "left right", defaults=(3,))):
            __slots__ = ()
            def __new__(cls, left, *rest):
                return super().__new__(cls, left, *rest)
            @property
            def both(self):
                return self.left, self.right
            def act(self, n):
                BODY
        def $paired(n):
            pair = $Pair(n)
            pair.both, pair._replace(left=LIT), $Pair._make((n, LIT)), pair._asdict()
            return pair.act(n)
        """,
        "$paired({n})",
        others=14,
    ),
    Template(
        """
        @functools.total_ordering
        class $Ordered:
            def __init__(self, n):
                self.n = n
            def __eq__(self, other):
                return self.n == other.n
            def __lt__(self, other):
                return self.n < other.n
            def __hash__(self):
                return hash(self.n) % 2
            def __bool__(self):
                return self.n % 2 == 0
            def __len__(self):
                return 3
            def __getitem__(self, index):
                if index > 2:
                    raise IndexError(index)
                return index
            def __contains__(self, item):
                return item == self.n
            def __format__(self, spec):
                return spec
            def __radd__(self, other):
                return other
            def act(self, n):
                BODY
        class $Dying:
            def __del__(self):
                self.n = None
        def $ordered(n):
            $Dying(), [$Dying() for _ in range(2)]
            items = [$Ordered(n + i) for i in (3, 1, 2)]
            items.sort()
            len({*items}), {item: 1 for item in items}, max(items) >= items[0], list(items[0])
            bool(items[0]), 3 in items[1], f"{items[2]:>5}", sum(items, 0)
            return items[0].act(n)
        """,
        "$ordered({n})",
        others=90,
    ),
    Template(
        """
        class $Steps:
            def __init__(self, n):
                self.left = n % 3
            def __iter__(self):
                return self
            def __next__(self):
                if self.left == 0:
                    raise StopIteration
                self.left -= 1
                return self.left
            @functools.cached_property
            def cached(self):
                return self.left
            def scaled(self, n, by):
                BODY
            twice = functools.partialmethod(scaled, by=2)
            @functools.singledispatchmethod
            def take(self, value):
                return None
            @take.register
            def _(self, value: int):
                return value
            @take.register(str)
            def _(self, value, *more):
                return more
        def $stepped(n):
            steps = $Steps(n)
            list(steps), [*$Steps(n + 1)], dict.fromkeys($Steps(n)), next(steps, None)
            steps.cached, steps.cached
            steps.take(n), steps.take("x"), steps.take(LIT)
            return steps.twice(n)
        """,
        "$stepped({n})",
        others=40,
    ),
    Template(
        """
        class $Shape(abc.ABC):
            def __init_subclass__(cls, *, corners=0, **options):
                super().__init_subclass__(**options)
                cls.corners = corners
            @abc.abstractmethod
            def act(self, n):
                return self.corners
            @staticmethod
            def area(n, *rest):
                return rest
            @classmethod
            def make(cls, n):
                return cls()
        class $Square($Shape, corners=4):
            def act(self, n):
                super().act(n)
                BODY
        class $Colour(enum.Enum):
            RED = 1
            BLUE = 2
            @classmethod
            def _missing_(cls, value):
                return cls.RED
            def paint(self, n):
                return self.value + n
        def $shaped(n):
            try:
                $Shape()
            except TypeError:
                $Colour(n + 5).paint(n)
            $Square.area(n, LIT), $Colour["BLUE"].paint(1)
            return $Square.make(n).act(n)
        """,
        "$shaped({n})",
        others=14,
    ),
    Template(
        """
        class $Missing(dict):
            def __missing__(self, key):
                self[key] = key
                return key
        class $Descriptor:
            def __set_name__(self, owner, name):
                self.name = name
            def __get__(self, instance, owner=None):
                return self if instance is None else instance.__dict__[self.name]
            def __set__(self, instance, value):
                instance.__dict__[self.name] = value
            def __delete__(self, instance):
                del instance.__dict__[self.name]
        class $Holder:
            field = $Descriptor()
            def __enter__(self):
                return self
            def __exit__(self, *details):
                return details[0] is not None and issubclass(details[0], ValueError)
            def act(self, n):
                BODY
        def $held(n):
            table = $Missing()
            table[n], table[n], table.get(n), "{0[x]}".format(table)
            holder = $Holder()
            holder.field = n
            holder.field, $Holder.field
            del holder.field
            with holder as same, $Holder():
                return same.act(n)
        """,
        "$held({n})",
        others=18,
    ),
)

SHAPES = tuple(map(as_shape, TEMPLATES))

"""A small unittest suite: one failure, one error, one skip, an async case."""

import unittest


class Sample(unittest.TestCase):
    def test_passes(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertEqual(n * 2, n + n)

    def test_fails(self):
        self.assertEqual({"a": 1}, {"a": 2})

    def test_errors(self):
        self.fixture.missing()

    @unittest.skip("on purpose")
    def test_skipped(self):
        pass


class AsyncSample(unittest.IsolatedAsyncioTestCase):
    async def test_awaits(self):
        self.assertTrue(await self.value())

    async def value(self):
        return True

"""Python's own SQLite: files, functions, transactions, an error."""

import sqlite3

connection = sqlite3.connect("shop.db")
connection.create_function("twice", 1, lambda value: value * 2)
connection.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, price REAL)")
with connection:
    connection.executemany("INSERT INTO orders (price) VALUES (?)", [(n / 2,) for n in range(100)])
try:
    with connection:
        connection.execute("INSERT INTO orders (id) VALUES (1)")
except sqlite3.IntegrityError as error:
    print(error)
print(connection.execute("SELECT count(*), sum(twice(price)) FROM orders").fetchone())
connection.set_progress_handler(lambda: 0, 10)
print(connection.execute("PRAGMA integrity_check").fetchone())
connection.close()

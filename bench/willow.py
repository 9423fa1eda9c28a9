"""The community with a crowd in it, served as in production: `python bench/willow.py DATABASE_URL FOLDER`.

Prints the port once it serves, and then for each line on its standard input the CPU seconds that it
has used. With LAUNCHREADY_PROFILE=FILE it writes where its time went.
"""

from __future__ import annotations

import asyncio
import cProfile
import datetime as dt
import os
import resource
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from sqlalchemy import text

from launchready.community import Settings, guarded, upgrade
from launchready.community.crowd import Crowd, fill
from launchready.community.database import Database
from launchready.community.passwords import MEMORY_KIB, PARALLELISM, TIME_COST
from launchready.manifest import parse_manifest

HOST = "willow.example"
ORIGIN = f"https://{HOST}"
PASSWORD = "correct horse battery"
CROWD = Crowd()
MANIFEST = f"""\
[launch]
domain = "{HOST}"
[routes]
"{HOST}/" = "page"
"{HOST}/login" = {{ kind = "auth", fields = {{ username = "email", password = "password" }} }}
"{HOST}/signup" = {{ kind = "signup", fields = {{ username = "email", password = "password" }} }}
"{HOST}/invite" = {{ kind = "invite", fields = {{ code = "code" }} }}
"{HOST}/members" = "private"
"{HOST}/write" = "private"
"{HOST}/posts/" = "private"
"{HOST}/guide" = "private"
"{HOST}/chat" = "chat"
[guard]
proxies = ["127.0.0.1"]
"""


async def filled(url: str) -> None:
    """Make a database with the crowd in it."""
    database = Database(url)
    kept = PasswordHasher(TIME_COST, MEMORY_KIB, PARALLELISM).hash(PASSWORD)
    async with database.write() as session:
        await fill(session, CROWD, password_hash=kept, now=dt.datetime.now(dt.UTC))
    if database.engine.dialect.name == "postgresql":
        # What follows upon so much writing at once is not what is measured.
        alone = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with alone.connect() as connection:
            await connection.execute(text("VACUUM (ANALYZE)"))
            await connection.execute(text("CHECKPOINT"))
    await database.close()


def main() -> None:
    """Fill the database, then serve until the standard input ends."""
    url, folder = sys.argv[1], Path(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # Request lines go where they cost what they cost in production: into a file.
    os.dup2(os.open(folder / "requests.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    upgrade(url)
    asyncio.run(filled(url))
    settings = Settings(database_url=url, app_url=ORIGIN, mail_folder=folder / "letters")
    app = guarded(settings, parse_manifest(MANIFEST), environ={})
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = uvicorn.Server(
        uvicorn.Config(
            app, http="httptools", loop="uvloop", access_log=False, log_level="critical",
            proxy_headers=False,
        )
    )  # fmt: skip

    def report() -> None:
        for _ in sys.stdin:
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(used.ru_utime + used.ru_stime, file=answers)
        server.should_exit = True

    threading.Thread(target=report, daemon=True).start()
    print(listener.getsockname()[1], file=answers)
    profile = os.environ.get("LAUNCHREADY_PROFILE")
    if profile:
        cProfile.runctx("server.run(sockets=[listener])", {}, locals(), profile)
    else:
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()

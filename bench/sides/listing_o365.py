"""O365 lists the letters of a mailbox, page by page, and keeps nothing. Runs in the peers' environment."""

from bench.side import serve, spent, told
from bench.sides.o365 import inbox


def main(base_url: str, page: int, count: int, select: list[str]) -> None:
    folder = inbox(base_url)
    query = folder.new_query().select(*select) if select else None

    def measure() -> dict[str, float]:
        with spent() as round_:
            listed = folder.get_messages(limit=count, query=query, batch=page)
            found = sum(1 for message in listed if message.object_id and message.received)
        assert found == count, f"{found} letters were listed"
        return {"letters": found, "cpu_s": round_.cpu_s, "wall_s": round_.wall_s}

    serve(measure)


if __name__ == "__main__":
    main(**told())

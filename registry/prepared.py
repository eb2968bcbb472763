################################################################
# What msgspec knows of a class, built before several threads read it
################################################################
#
# Rule 1: msgspec builds it where it first meets the class, and shows it to others before it is whole: two threads that
#         meet a class at once end the process with a segmentation fault (seen with 0.22.0). So every class that is read
#         is prepared while its room is loaded, which Python lets one thread do.

import msgspec


def prepared[T](kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return what reads *kind* from JSON. From now on `msgspec.convert` may make one in any thread, too."""
    return msgspec.json.Decoder(kind)

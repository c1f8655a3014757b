"""Runs python3-msgpack as the peer. A file contains records: a length (32 bits, big-endian) and that many bytes.

repeat IN OUT            decodes each value and encodes the result
make SEED COUNT OUT      encodes random values
compare SEED COUNT IN    creates the same values again and compares them with the decoded ones: prints a line for each
                         value that differs, and then the number of equal values
"""
import random
import struct
import sys

import msgpack


def decode(record):
    # The records are trusted, so the restriction of map keys to str and bytes (strict_map_key) is turned off.
    return msgpack.unpackb(record, raw=False, strict_map_key=False, timestamp=0)


def encode(value, single=False):
    return msgpack.packb(value, use_bin_type=True, use_single_float=single)


def read_records(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4:at + 4 + length]
        at += 4 + length


def write_records(path, records):
    with open(path, "wb") as file:
        for record in records:
            file.write(struct.pack(">I", len(record)) + record)


class RandomValues:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def length(self):
        kind = self.random.randrange(200)
        if kind == 0:
            return self.random.randrange(65000, 66000)
        return self.random.randrange(250, 300) if kind < 10 else self.random.randrange(40)

    def integer(self):
        magnitude = self.random.getrandbits(64) >> self.random.randrange(64)
        return magnitude if self.random.random() < 0.5 else ~(magnitude >> 1)

    def number(self):
        return self.random.choice([
            lambda: float(self.random.randrange(-1000, 1000)), lambda: float("inf"), lambda: float("nan"), lambda: -0.0,
            lambda: struct.unpack(">d", self.random.randbytes(8))[0], self.random.random])()

    def text(self):
        return "".join(chr(self.random.choice([
            lambda: self.random.randrange(0x80, 0xd800), lambda: self.random.randrange(0xe000, 0x10000),
            lambda: self.random.randrange(0x10000, 0x110000), lambda: self.random.randrange(0x80),
            lambda: self.random.randrange(0x80)])()) for _ in range(self.length()))

    def time(self):
        seconds = self.random.choice([
            lambda: self.random.getrandbits(32), lambda: self.random.getrandbits(34), lambda: -self.random.getrandbits(37),
            lambda: self.random.randrange(-2 ** 63, 2 ** 63)])()
        return msgpack.Timestamp(seconds, self.random.choice([0, self.random.randrange(10 ** 9)]))

    def key(self):
        return self.random.choice([self.text, self.text, self.integer, lambda: self.random.randbytes(self.random.randrange(8))])()

    def count(self):
        return self.random.randrange(16, 300) if self.random.randrange(30) == 0 else self.random.randrange(6)

    def next(self, depth=0):
        kind = self.random.randrange(18 if depth < 4 else 14)
        if kind == 0:
            return None
        if kind == 1:
            return self.random.random() < 0.5
        if kind < 6:
            return self.integer()
        if kind < 8:
            return self.number()
        if kind < 10:
            return self.text()
        if kind == 10:
            return self.random.randbytes(self.length())
        if kind == 11:
            return msgpack.ExtType(self.random.randrange(128), self.random.randbytes(self.length()))
        if kind < 14:
            return self.time()
        count = self.count()
        item = self.integer if count > 15 else lambda: self.next(depth + 1)
        if kind < 16:
            return [item() for _ in range(count)]
        return {self.key(): item() for _ in range(count)}


def values(seed, count):
    maker = RandomValues(seed)
    for _ in range(count):
        value = maker.next()
        # Use 32-bit floats if they represent all numbers of the value exactly.
        yield value, fits_single(value)


def fits_single(value):
    if isinstance(value, float):
        try:
            return value != value or struct.unpack(">f", struct.pack(">f", value))[0] == value
        except OverflowError:
            return False
    if isinstance(value, list):
        return all(map(fits_single, value))
    return all(map(fits_single, value.values())) if isinstance(value, dict) else True


def same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return (left != left and right != right) or struct.pack(">d", left) == struct.pack(">d", right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return len(left) == len(right) and all(key in right and same(value, right[key]) for key, value in left.items())
    return left == right


def compare(seed, count, path):
    equal = 0
    for index, ((value, _), record) in enumerate(zip(values(seed, count), read_records(path), strict=True)):
        problem = "different value"
        try:
            if same(value, decode(record)):
                problem = None
                equal += 1
        except (ValueError, msgpack.UnpackException) as error:
            problem = repr(error)
        if problem:
            print(f"value {index}: {record.hex()[:120]}: {problem}")
    print(equal)


def main(verb, *rest):
    if verb == "repeat":
        write_records(rest[1], (encode(decode(record)) for record in read_records(rest[0])))
    elif verb == "make":
        write_records(rest[2], (encode(value, single) for value, single in values(int(rest[0]), int(rest[1]))))
    elif verb == "compare":
        compare(int(rest[0]), int(rest[1]), rest[2])
    else:
        sys.exit(f"Expected repeat, make or compare, got {verb}.")


if __name__ == "__main__":
    main(*sys.argv[1:])

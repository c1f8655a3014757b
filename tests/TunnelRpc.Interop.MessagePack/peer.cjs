// Runs @msgpack/msgpack as the peer. A file contains records: a length (32 bits, big-endian) and that many bytes.
//   repeat IN OUT            decodes each value and encodes the result
//   make SEED COUNT OUT      encodes random values
//   compare SEED COUNT IN    creates the same values again and compares them with the decoded ones: prints a line for each
//                            value that differs, and then the number of equal values
"use strict";
const fs = require("node:fs");
const {
  encode, decode, ExtData, ExtensionCodec, EXT_TIMESTAMP, decodeTimestampToTimeSpec, encodeTimeSpecToTimestamp,
} = require("@msgpack/msgpack");

class Timestamp {
  constructor(sec, nsec) {
    this.sec = sec;
    this.nsec = nsec;
  }
}

// Uses the functions of the package without Date, which has only millisecond precision.
const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: EXT_TIMESTAMP,
  encode: (value) => (value instanceof Timestamp ? encodeTimeSpecToTimestamp(value) : null),
  decode: (data) => {
    const { sec, nsec } = decodeTimestampToTimeSpec(data);
    return new Timestamp(sec, nsec);
  },
});
const options = { extensionCodec, useBigInt64: true };

function readRecords(path) {
  const bytes = fs.readFileSync(path);
  const records = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    // Not a Buffer: all binary values that are decoded from a Buffer would be Buffers as well.
    records.push(new Uint8Array(bytes.buffer, bytes.byteOffset + at + 4, length));
    at += 4 + length;
  }
  return records;
}

function writeRecords(path, records) {
  const pieces = [];
  for (const record of records) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(record.length);
    pieces.push(length, record);
  }
  fs.writeFileSync(path, Buffer.concat(pieces));
}

// The generator mulberry32: returns numbers in [0, 1) for a seed.
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class RandomValues {
  constructor(seed) {
    this.random = randomFrom(seed);
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  length() {
    const kind = this.below(200);
    return kind === 0 ? 65000 + this.below(1000) : kind < 10 ? 250 + this.below(50) : this.below(40);
  }

  integer() {
    if (this.below(3) === 0) {
      // The package always encodes a bigint in 64 bits.
      const bits = (BigInt(this.below(4294967296)) << 32n) | BigInt(this.below(4294967296));
      return this.below(2) === 0 ? bits >> BigInt(this.below(64)) : -(bits >> BigInt(1 + this.below(63)));
    }
    const magnitude = Math.floor(this.random() * 2 ** this.below(54));
    return this.below(2) === 0 || magnitude === 0 ? magnitude : -magnitude;
  }

  bytes(count) {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  text() {
    let text = "";
    for (let remaining = this.length(); remaining > 0; remaining--) {
      const kind = this.below(5);
      text += String.fromCodePoint(
        kind === 0 ? 0x80 + this.below(0xd780) : kind === 1 ? 0x10000 + this.below(0x100000) : this.below(0x80));
    }
    // A decoder that creates objects rejects this name.
    return text === "__proto__" ? "proto" : text;
  }

  time() {
    const kind = this.below(4);
    const sec = Math.floor(this.random() * 2 ** [32, 34, 37, 52][kind]) * (kind === 2 ? -1 : 1);
    return new Timestamp(sec === 0 ? 0 : sec, this.below(3) === 0 ? 0 : this.below(1e9));
  }

  next(depth = 0) {
    const kind = this.below(depth < 4 ? 18 : 14);
    switch (kind) {
      case 0: return null;
      case 1: return this.below(2) === 0;
      case 2: case 3: case 4: return this.integer();
      case 5: return [NaN, Infinity, -Infinity, 1e300, 0.1, -2.5][this.below(6)];
      case 6: return this.random();
      case 7: case 8: case 9: return this.text();
      case 10: return this.bytes(this.length());
      // Includes types below -1. The specification reserves them, but a codec must support them.
      case 11: return new ExtData(this.below(4) === 0 ? -2 - this.below(126) : this.below(128), this.bytes(this.length()));
      case 12: case 13: return this.time();
      case 14: case 15: {
        const count = this.below(30) === 0 ? 16 + this.below(300) : this.below(6);
        return Array.from({ length: count }, () => (count > 15 ? this.integer() : this.next(depth + 1)));
      }
      default: {
        const count = this.below(30) === 0 ? 16 + this.below(300) : this.below(6);
        const map = {};
        for (let remaining = count; remaining > 0; remaining--) {
          map[this.text()] = count > 15 ? this.integer() : this.next(depth + 1);
        }
        return map;
      }
    }
  }
}

function* values(seed, count) {
  const random = new RandomValues(seed);
  for (let i = 0; i < count; i++) {
    const value = random.next();
    // Use 32-bit floats if they represent all numbers of the value exactly.
    yield { value, forceFloat32: fitsFloat32(value) };
  }
}

function fitsFloat32(value) {
  if (typeof value === "number") {
    // The package encodes 32-bit integers as integers and all other numbers as floats.
    return (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32) || Object.is(Math.fround(value), value);
  }
  if (Array.isArray(value)) {
    return value.every(fitsFloat32);
  }
  return value === null || Object.getPrototypeOf(value) !== Object.prototype || Object.values(value).every(fitsFloat32);
}

function same(left, right) {
  if (isNumber(left) && isNumber(right)) {
    // A 64-bit integer is decoded as a bigint, any other as a number.
    return Number.isNaN(left) ? Number.isNaN(right) : left == right;
  }
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") {
    return left === right;
  }
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) {
    return false;
  }
  if (left instanceof Uint8Array) {
    return Buffer.compare(left, right) === 0;
  }
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}

function isNumber(value) {
  return typeof value === "number" || typeof value === "bigint";
}

const [verb, ...rest] = process.argv.slice(2);
if (verb === "repeat") {
  writeRecords(rest[1], readRecords(rest[0]).map((record) => encode(decode(record, options), options)));
} else if (verb === "make") {
  const made = [...values(Number(rest[0]), Number(rest[1]))];
  writeRecords(rest[2], made.map(({ value, forceFloat32 }) => encode(value, { ...options, forceFloat32 })));
} else if (verb === "compare") {
  const records = readRecords(rest[2]);
  let index = 0;
  let equal = 0;
  for (const { value } of values(Number(rest[0]), Number(rest[1]))) {
    let problem = "different value";
    try {
      if (same(value, decode(records[index], options))) {
        problem = null;
        equal++;
      }
    } catch (error) {
      problem = String(error);
    }
    if (problem) {
      console.log(`value ${index}: ${Buffer.from(records[index]).toString("hex").slice(0, 120)}: ${problem}`);
    }
    index++;
  }
  console.log(equal);
} else {
  console.error(`Expected repeat, make or compare, got ${verb}.`);
  process.exit(2);
}

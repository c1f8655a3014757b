using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Serialization;

/// <summary>Failures of reading, out of line so that the reading methods stay small enough to be inlined. Offsets count from the start of the body.</summary>
internal static class ReadFailure
{
    [DoesNotReturn]
    public static void ThrowUnexpected(string expected, ReadOnlySpan<byte> input, int offset)
    {
        if ((uint)offset >= (uint)input.Length)
        {
            throw new MessagePackException($"Expected {expected} at offset {offset}, got the end of the data.");
        }

        byte code = input[offset];
        throw new MessagePackException($"Expected {expected} at offset {offset}, got {Describe(MessagePackCode.TypeOf(code))} ({MessagePackCode.NameOf(code)}, 0x{code:x2}).");
    }

    [DoesNotReturn]
    public static void ThrowOutOfRange(string expected, long value, bool aboveInt64, int offset) =>
        throw new MessagePackException($"Expected {expected} at offset {offset}, got the integer {(aboveInt64 ? ((ulong)value).ToString() : value.ToString())}, which does not fit.");

    [DoesNotReturn]
    public static void ThrowOutOfRange(string expected, string actual, int offset) =>
        throw new MessagePackException($"Expected {expected} at offset {offset}, got {actual}.");

    [DoesNotReturn]
    public static void ThrowTruncated(string expected, long needed, int remaining, int offset) =>
        throw new MessagePackException($"Expected {expected} of {needed} bytes at offset {offset}, got only the {remaining} bytes that are left.");

    [DoesNotReturn]
    public static void ThrowCountTooLarge(string expected, long count, int remaining, int offset) =>
        throw new MessagePackException($"Expected {expected} that fits into the {remaining} bytes left after its header at offset {offset}, got one that claims {count} elements.");

    [DoesNotReturn]
    public static void ThrowWrongCount(string expected, int expectedCount, int count, int offset) =>
        throw new MessagePackException($"Expected {expected} as an array of {expectedCount} at offset {offset}, got an array of {count}.");

    [DoesNotReturn]
    public static void ThrowInvalidUtf8(int offset) =>
        throw new MessagePackException($"Expected a string of valid UTF-8 at offset {offset}, got bytes that are not.");

    [DoesNotReturn]
    public static void ThrowTooDeep(int offset) =>
        throw new MessagePackException($"The data nests deeper than the limit of {MessagePackLimits.MaxDepth} levels at offset {offset}.");

    /// <summary>Fails if nil comes where a value must.</summary>
    public static void ThrowIfNil(ref MessagePackReader reader, Type type)
    {
        if (reader.NextType == MessagePackType.Nil)
        {
            ThrowNull(type, reader.Position);
        }
    }

    [DoesNotReturn]
    public static void ThrowNull(Type type, int offset) =>
        throw new MessagePackException($"Expected a value of the non-null type {type} at offset {offset}, got nil.");

    [DoesNotReturn]
    public static void ThrowDuplicateKey(int offset) =>
        throw new MessagePackException($"Expected each key of the map once, got the key before offset {offset} a second time.");

    [DoesNotReturn]
    public static void ThrowMalformed(string expected, int offset) =>
        throw new MessagePackException($"Expected {expected} at offset {offset}, got text or bytes that are no such value.");

    private static string Describe(MessagePackType type) => type switch
    {
        MessagePackType.Reserved => "a byte that MessagePack never uses",
        MessagePackType.Nil => "nil",
        MessagePackType.Boolean => "a boolean",
        MessagePackType.Integer => "an integer",
        MessagePackType.Float => "a float",
        MessagePackType.String => "a string",
        MessagePackType.Binary => "binary data",
        MessagePackType.Array => "an array",
        MessagePackType.Map => "a map",
        MessagePackType.Extension => "an extension",
        _ => "nothing",
    };
}

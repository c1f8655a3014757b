using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Serialization;

/// <summary>Failures of reading, out of line so that the reading methods stay small enough to be inlined. Offsets count from the start of the body.</summary>
internal static class ReadFailure
{
    [DoesNotReturn]
    public static void Unexpected(string expected, ReadOnlySpan<byte> input, int offset)
    {
        if ((uint)offset >= (uint)input.Length)
        {
            throw new MessagePackException($"Expected {expected} at offset {offset}, got the end of the data.");
        }

        byte code = input[offset];
        throw new MessagePackException($"Expected {expected} at offset {offset}, got {Describe(MessagePackCode.TypeOf(code))} ({MessagePackCode.NameOf(code)}, 0x{code:x2}).");
    }

    [DoesNotReturn]
    public static void OutOfRange(string expected, long value, bool aboveInt64, int offset) =>
        throw new MessagePackException($"Expected {expected} at offset {offset}, got the integer {(aboveInt64 ? ((ulong)value).ToString() : value.ToString())}, which does not fit.");

    [DoesNotReturn]
    public static void OutOfRange(string expected, string got, int offset) =>
        throw new MessagePackException($"Expected {expected} at offset {offset}, got {got}.");

    [DoesNotReturn]
    public static void Truncated(string expected, long needed, int left, int offset) =>
        throw new MessagePackException($"Expected {expected} of {needed} bytes at offset {offset}, got only the {left} bytes that are left.");

    [DoesNotReturn]
    public static void CountTooLarge(string expected, long count, int left, int offset) =>
        throw new MessagePackException($"Expected {expected} that fits into the {left} bytes left after its header at offset {offset}, got one that claims {count} elements.");

    [DoesNotReturn]
    public static void WrongCount(string expected, int wanted, int count, int offset) =>
        throw new MessagePackException($"Expected {expected} as an array of {wanted} at offset {offset}, got an array of {count}.");

    [DoesNotReturn]
    public static void InvalidUtf8(int offset) =>
        throw new MessagePackException($"Expected a string of valid UTF-8 at offset {offset}, got bytes that are not.");

    [DoesNotReturn]
    public static void TooDeep(int offset) =>
        throw new MessagePackException($"The data nests deeper than the limit of {MessagePackLimits.MaxDepth} levels at offset {offset}.");

    /// <summary>Fails if nil comes where a value must.</summary>
    public static void IfNil(ref MessagePackReader reader, Type type)
    {
        if (reader.NextType == MessagePackType.Nil)
        {
            Null(type, reader.Position);
        }
    }

    [DoesNotReturn]
    public static void Null(Type type, int offset) =>
        throw new MessagePackException($"Expected a value of the non-null type {type} at offset {offset}, got nil.");

    [DoesNotReturn]
    public static void DuplicateKey(int offset) =>
        throw new MessagePackException($"Expected each key of the map once, got the key before offset {offset} a second time.");

    [DoesNotReturn]
    public static void Malformed(string expected, int offset) =>
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

using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Serialization;

/// <summary>
/// Throws the exceptions of reading. They are separate methods to keep the reading methods small enough for inlining. Offsets count from
/// the start of the reader's input.
/// </summary>
internal static class ReadFailure
{
    [DoesNotReturn]
    public static void ThrowUnexpected(string expected, ReadOnlySpan<byte> input, int offset)
    {
        if ((uint)offset >= (uint)input.Length)
        {
            throw At(offset, $"Expected {expected} at offset {offset}, got the end of the data.");
        }

        byte code = input[offset];
        string kind = Describe(MessagePackCode.TypeOf(code));
        throw At(offset, $"Expected {expected} at offset {offset}, got {kind} ({MessagePackCode.NameOf(code)}, 0x{code:x2}).");
    }

    [DoesNotReturn]
    public static void ThrowOutOfRange(string expected, long value, bool aboveInt64, int offset)
    {
        string text = aboveInt64 ? ((ulong)value).ToString() : value.ToString();
        throw At(offset, $"Expected {expected} at offset {offset}, got the integer {text}, which is out of range.");
    }

    [DoesNotReturn]
    public static void ThrowOutOfRange(string expected, string actual, int offset) =>
        throw At(offset, $"Expected {expected} at offset {offset}, got {actual}.");

    [DoesNotReturn]
    public static void ThrowTruncated(string expected, long needed, int remaining, int offset) =>
        throw At(offset, $"Expected {expected} of {needed} bytes at offset {offset}, got only {remaining} bytes.");

    [DoesNotReturn]
    public static void ThrowCountTooLarge(string expected, long count, int remaining, int offset) =>
        throw At(
            offset,
            $"Expected {expected} that fits into the {remaining} bytes after its header at offset {offset}, "
            + $"got a header that claims {count} elements.");

    [DoesNotReturn]
    public static void ThrowWrongCount(string expected, int expectedCount, int count, int offset) =>
        throw At(
            offset,
            $"Expected {expected} as an array of {expectedCount} elements at offset {offset}, got an array of {count}.");

    [DoesNotReturn]
    public static void ThrowInvalidUtf8(int offset) =>
        throw At(offset, $"Expected a string of valid UTF-8 at offset {offset}, got invalid bytes.");

    [DoesNotReturn]
    public static void ThrowTooDeep(int offset) =>
        throw At(offset, $"The data nests deeper than the limit of {MessagePackLimits.MaxDepth} levels at offset {offset}.");

    /// <summary>Throws if the next value is nil.</summary>
    public static void ThrowIfNil(ref MessagePackReader reader, Type type)
    {
        if (reader.NextType == MessagePackType.Nil)
        {
            ThrowNull(type, reader.Position);
        }
    }

    [DoesNotReturn]
    public static void ThrowNull(Type type, int offset) =>
        throw At(offset, $"Expected a value of the non-nullable type {type} at offset {offset}, got nil.");

    [DoesNotReturn]
    public static void ThrowDuplicateKey(int offset) =>
        throw At(offset - 1, $"Expected unique keys in the map, got the key that ends at offset {offset} a second time.");

    [DoesNotReturn]
    public static void ThrowMalformed(string expected, int offset) =>
        throw At(offset, $"Expected {expected} at offset {offset}, got other text or bytes.");

    /// <summary>Creates the exception for a value that was read, and that the application does not accept.</summary>
    public static MessagePackException NotConverted(Type type, int offset, Exception cause) =>
        new(
            $"Expected a value at offset {offset} that can be converted to {type}, got one whose conversion threw {cause.GetType()}.",
            cause)
        {
            Offset = offset,
        };

    private static MessagePackException At(int offset, string message) => new(message) { Offset = offset };

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

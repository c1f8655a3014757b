using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Serialization;

/// <summary>Throws the exceptions of writing. They are separate methods to keep the writing methods small enough for inlining.</summary>
internal static class WriteFailure
{
    [DoesNotReturn]
    public static void ThrowTooDeep() =>
        throw new MessagePackException(
            $"The value nests deeper than the limit of {MessagePackLimits.MaxDepth} levels. Check whether it contains itself.");

    [DoesNotReturn]
    public static void ThrowOutputTooSmall(int count) =>
        throw new MessagePackException(
            $"Expected a buffer of at least {count} bytes from the IBufferWriter<byte>, got a smaller one. "
            + "The output violates the contract of the interface.");

    [DoesNotReturn]
    public static void ThrowLoneSurrogate(int index) =>
        throw new MessagePackException(
            $"Expected a string of complete characters, got a lone surrogate at index {index}, which UTF-8 cannot represent. "
            + "Send such data as bytes.");

    [DoesNotReturn]
    public static void ThrowNull(Type type) =>
        throw new MessagePackException(
            $"Expected a value of the non-nullable type {type}, got null. Declare the member nullable if null is a valid value.");

    [DoesNotReturn]
    public static void ThrowTooLong(string what, int limit, long length) =>
        throw new MessagePackException($"Expected {what} of at most {limit} bytes, got {length} bytes.");

    [DoesNotReturn]
    public static void ThrowUnsupportedName(string expected, string name) =>
        throw new MessagePackException($"Expected {expected}, got one with the name '{name}', which no peer could read.");

    [DoesNotReturn]
    public static void ThrowNotJson(string actual) =>
        throw new MessagePackException(
            "Expected JSON of complete characters, distinct names and numbers that are 64-bit integers or in the range of float 64, "
            + $"got {actual}.");

    [DoesNotReturn]
    public static void ThrowLowerBound(int dimension, int lowerBound) =>
        throw new MessagePackException(
            $"Expected an array whose indexes start at 0, got one whose dimension {dimension} starts at {lowerBound}. "
            + "Copy it to an array that starts at 0.");

    [DoesNotReturn]
    public static void ThrowCountChanged(int expected) =>
        throw new MessagePackException(
            $"Expected the {expected} elements that the collection counted at the start, got another number. "
            + "The collection changed while it was written.");
}

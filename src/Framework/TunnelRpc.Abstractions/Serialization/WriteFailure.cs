using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Serialization;

/// <summary>Failures of writing, out of line so that the writing methods stay small enough to be inlined.</summary>
internal static class WriteFailure
{
    [DoesNotReturn]
    public static void ThrowTooDeep() =>
        throw new MessagePackException($"The value nests deeper than the limit of {MessagePackLimits.MaxDepth} levels. Does it contain itself?");

    [DoesNotReturn]
    public static void ThrowOutputTooSmall(int count) =>
        throw new MessagePackException($"Expected a buffer of at least {count} bytes from the IBufferWriter<byte>, got a smaller one: it breaks its contract.");

    [DoesNotReturn]
    public static void ThrowLoneSurrogate(int index) =>
        throw new MessagePackException($"Expected a string of complete characters, got a lone surrogate at index {index}, which UTF-8 cannot carry. Send such data as bytes.");

    [DoesNotReturn]
    public static void ThrowNull(Type type) =>
        throw new MessagePackException($"Expected a value of the non-null type {type}, got null. Declare the member nullable if null is meant.");

    [DoesNotReturn]
    public static void ThrowTooLong(string what, int limit, long length) =>
        throw new MessagePackException($"Expected {what} of at most {limit} bytes, got {length} bytes.");

    [DoesNotReturn]
    public static void ThrowCountChanged(int expected) =>
        throw new MessagePackException($"Expected the {expected} elements that the collection counted when its writing began, got another number: it was changed meanwhile.");
}

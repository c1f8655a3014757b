namespace TunnelRpc.Serialization;

/// <summary>
/// The received bytes are not the expected value, or a value cannot be encoded. The message states what was expected, what was found and
/// at which offset.
/// </summary>
public sealed class MessagePackException : Exception
{
    /// <summary>The offset of the received value that the exception concerns, or of a byte of it; null if there is none.</summary>
    internal int? Offset { get; init; }

    /// <summary>
    /// The member of the value at <see cref="Offset"/> that the exception concerns, as the end of a path: <c>.Name</c> or <c>[3]</c>. Null
    /// if it concerns the value.
    /// </summary>
    internal string? Member { get; init; }

    /// <summary>Whether code of the application threw the inner exception.</summary>
    internal bool IsOfApplication { get; init; }

    /// <summary>Creates an exception with a default message.</summary>
    public MessagePackException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    public MessagePackException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and a cause.</summary>
    public MessagePackException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

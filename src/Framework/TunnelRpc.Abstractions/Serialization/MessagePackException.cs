namespace TunnelRpc.Serialization;

/// <summary>Bytes could not be read as the value expected, or a value cannot be written. The message says what was expected, what came and where.</summary>
public sealed class MessagePackException : Exception
{
    /// <summary>With the default message.</summary>
    public MessagePackException()
    {
    }

    /// <summary>With a message.</summary>
    public MessagePackException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public MessagePackException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

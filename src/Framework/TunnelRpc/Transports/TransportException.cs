namespace TunnelRpc.Transports;

/// <summary>A path could not be opened, or broke. The message is fit to be shown in a path report.</summary>
public sealed class TransportException : Exception
{
    /// <summary>With the default message.</summary>
    public TransportException()
    {
    }

    /// <summary>With a message.</summary>
    public TransportException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public TransportException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The HTTP status that refused the path, when one did.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>True when trying again cannot help (a 4xx, a transport that does not apply): the next attempt starts at once.</summary>
    public bool IsPermanent { get; init; }
}

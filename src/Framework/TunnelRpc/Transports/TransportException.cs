using TunnelRpc.Logging;

namespace TunnelRpc.Transports;

/// <summary>
/// A connection could not be opened, or broke. The message is complete and can be shown in a path report. It may quote a response of the
/// server or of an intermediary: its control characters, line breaks and bidirectional overrides are escaped, and it has at most 4,096
/// characters.
/// </summary>
public sealed class TransportException : Exception
{
    private const int MaxMessageLength = 4_096;

    /// <summary>Creates an exception with the default message.</summary>
    public TransportException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    /// <param name="message">The reason, for the path report.</param>
    public TransportException(string message)
        : base(ForeignText.Escape(message, MaxMessageLength))
    {
    }

    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">The reason, for the path report.</param>
    /// <param name="innerException">
    /// The cause; null when there is none. An exception whose text needs escaping is replaced by one with the escaped text.
    /// </param>
    public TransportException(string message, Exception? innerException)
        : base(ForeignText.Escape(message, MaxMessageLength), EscapedException.Wrap(innerException))
    {
    }

    /// <summary>The status of the HTTP response that refused the connection; null when no response did.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>
    /// Whether <see cref="HttpStatus"/> is the response of a proxy to CONNECT: it says nothing about the server, and another transport may
    /// not need CONNECT.
    /// </summary>
    internal bool IsProxyResponse { get; init; }

    /// <summary>
    /// The time that the response asks to wait before the next request (Retry-After, RFC 9110, 10.2.3), from its arrival; null when it asks
    /// for none. The client waits for it before its next attempt, at most <c>MaxReconnectDelay</c>, and starts no other transport until
    /// then.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// Whether a retry of the same route cannot succeed, for instance after most 4xx statuses or when the transport does not apply. The
    /// client starts the next route's attempt at once.
    /// </summary>
    public bool IsPermanent { get; init; }
}

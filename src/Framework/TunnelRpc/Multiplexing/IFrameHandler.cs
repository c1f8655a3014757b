namespace TunnelRpc.Multiplexing;

/// <summary>Receives the parsed frames of a session.</summary>
/// <remarks>
/// Guarantees of the caller: calls come from the reader, one at a time, in the order of the session's byte stream.
/// Guarantees of the implementation: it does not block, and does not use the body after it has returned.
/// Errors: an exception of type <see cref="TunnelProtocolException"/> ends the session.
/// </remarks>
internal interface IFrameHandler
{
    /// <summary>A frame has arrived.</summary>
    void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body);
}

namespace TunnelRpc.Sessions;

/// <summary>
/// Send-buffer capacity as seen by the stream scheduler. Lock-free: a value may be stale, so the scheduler checks again when
/// <see cref="ISessionHandler.OnCapacityAvailable"/> is called.
/// </summary>
internal interface ISendCapacity
{
    /// <summary>Whether a stream may append a fragment.</summary>
    /// <param name="reservedBytes">Bytes granted to other streams and not appended yet.</param>
    bool HasCapacity(long reservedBytes);

    /// <summary>Whether the backlog is small enough for every stream to get its next quantum. Implies <see cref="HasCapacity"/>.</summary>
    /// <param name="reservedBytes">Bytes granted to other streams and not appended yet.</param>
    bool IsBelowResumeThreshold(long reservedBytes);
}

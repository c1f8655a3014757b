namespace TunnelRpc.Sessions;

/// <summary>
/// What whoever shares the send buffer among streams asks of it. Read without a lock: hints, asked again by whoever waits when room has come.
/// </summary>
internal interface ISendCapacity
{
    /// <summary>Whether a stream may add a fragment, with others' granted <paramref name="reservedBytes"/> bytes still to come.</summary>
    bool HasCapacity(long reservedBytes);

    /// <summary>Whether so much of the backlog has left that every stream may have its next share. Implies room.</summary>
    bool IsBelowResumeThreshold(long reservedBytes);
}

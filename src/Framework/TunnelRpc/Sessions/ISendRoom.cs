namespace TunnelRpc.Sessions;

/// <summary>
/// What whoever shares the send buffer among streams asks of it. Read without a lock: hints, asked again by whoever waits when room has come.
/// </summary>
internal interface ISendRoom
{
    /// <summary>Whether a stream may add a fragment, with others' granted <paramref name="reserved"/> bytes still to come.</summary>
    bool HasRoom(long reserved);

    /// <summary>Whether so much of the backlog has left that every stream may have its next share. Implies room.</summary>
    bool IsDrained(long reserved);
}

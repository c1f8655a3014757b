namespace TunnelRpc.Multiplexing;

/// <summary>Receives the calls that the peer opens, and its other session-wide messages.</summary>
/// <remarks>
/// Guarantees of the caller: all members are called by the session's reader, one at a time; only <see cref="OnDraining"/> may be called by
/// any thread, under any lock, and <see cref="OnLongWaits"/> by any thread. Guarantees of the implementation: it does not block and runs no
/// code of the application except constructors
/// and setters of arguments. Errors: an exception ends the session, so a call that cannot be accepted is refused instead.
/// </remarks>
internal interface IStreamAcceptor
{
    /// <summary>
    /// A call has arrived as a whole. Decodes the call and queues its work. The call counts as running until its permit is disposed.
    /// </summary>
    /// <param name="stream">The call's stream id.</param>
    /// <param name="flags">The flags of CALL.</param>
    /// <param name="body">The message; not valid after this method has returned.</param>
    /// <param name="owner">
    /// The message, if it is large and may be decoded later; null otherwise. The implementation may take it, by setting the variable to
    /// null: then <paramref name="body"/> stays valid until the implementation disposes it.
    /// </param>
    /// <param name="permit">
    /// The call's permit. The implementation moves it into the call, or disposes it before it refuses the call. The caller disposes what is
    /// left.
    /// </param>
    void OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, ref PartialMessage? owner, ref IncomingCallLimiter.Permit permit);

    /// <summary>
    /// A call has arrived as a whole, but its message cannot be decompressed. The permit is used as in <see cref="OnCall"/>.
    /// </summary>
    void OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error, ref IncomingCallLimiter.Permit permit);

    /// <summary>A one-way call exceeds a limit of running calls. It has no permit and does not run.</summary>
    /// <param name="stream">The call's stream id.</param>
    /// <param name="flags">The flags of CALL.</param>
    /// <param name="body">The message, still compressed if the flags say so; not valid after this method has returned.</param>
    /// <param name="reason">The limit, in words.</param>
    void OnExcessOneWayCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, string reason);

    /// <summary>The peer has cancelled a call that has ended here: the peer did not receive the reply in time, and ignores it.</summary>
    void OnLateCancel(ulong stream);

    /// <summary>
    /// The session drains, or the last call of a draining session has ended: a drain that is in progress may be complete.
    /// </summary>
    void OnDraining();

    /// <summary>
    /// Calls and items of this side have waited for capacity of the peer for more than a second. Called on any thread, under no lock.
    /// </summary>
    /// <param name="count">How many.</param>
    void OnLongWaits(int count);

    /// <summary>
    /// The peer retains or releases a reference to an object of this side, or refuses those of a one-way call of this side.
    /// </summary>
    /// <param name="number">The reference id; for <see cref="ReferenceChange.Refuse"/> the stream id of the call.</param>
    /// <param name="change">What the peer does.</param>
    void OnReference(long number, ReferenceChange change);
}

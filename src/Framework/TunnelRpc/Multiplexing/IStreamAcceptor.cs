namespace TunnelRpc.Multiplexing;

/// <summary>Takes the calls that the peer opens, and what it says of the objects that were passed to it.</summary>
internal interface IStreamAcceptor
{
    /// <summary>
    /// A call has arrived as a whole. Decodes and queues it, and does no more. The call counts as running until its permit is disposed.
    /// </summary>
    /// <param name="stream">The call's stream id.</param>
    /// <param name="flags">The flags of CALL.</param>
    /// <param name="body">The message; not valid after the call.</param>
    /// <param name="permit">The permit: the implementation moves it into the call. The multiplexer disposes it if it is still here afterwards.</param>
    void OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, ref IncomingCallLimiter.Permit permit);

    /// <summary>A call has arrived as a whole, but its message cannot be decompressed. The permit is as for <see cref="OnCall"/>.</summary>
    void OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error, ref IncomingCallLimiter.Permit permit);

    /// <summary>The peer has cancelled a call that has ended here: it has not taken its answer.</summary>
    void OnLateCancel(ulong stream);

    /// <summary>The peer opens no more calls but those that belong to what runs, and nor does this side; on the reader.</summary>
    void OnDraining();

    /// <summary>The peer keeps or releases an object of this side; on the reader.</summary>
    void OnReference(long number, ReferenceChange change);
}

namespace TunnelRpc.Multiplexing;

/// <summary>Takes the calls that the peer opens, and what it says of the objects that were passed to it.</summary>
internal interface IStreamAcceptor
{
    /// <summary>
    /// A call has arrived whole; runs on the reader, so it decodes and queues, no more. It counts as running until
    /// <see cref="Multiplexer.ReleaseCall"/>, which is owed exactly once.
    /// </summary>
    void OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body);

    /// <summary>A call has arrived whole whose message cannot be decompressed; on the reader. It counts as running, likewise.</summary>
    void OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error);

    /// <summary>The peer has cancelled a call that has ended here: it has not taken its answer.</summary>
    void OnLateCancel(ulong stream);

    /// <summary>The peer opens no more calls but those that belong to what runs, and nor does this side; on the reader.</summary>
    void OnDraining();

    /// <summary>The peer keeps or releases an object of this side; on the reader.</summary>
    void OnReference(long number, ReferenceChange change);
}

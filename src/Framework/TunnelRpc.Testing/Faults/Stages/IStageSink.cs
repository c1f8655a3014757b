namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Receives the bytes of one direction, in the chunks in which they arrive.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>Guarantees of the caller: at most one call is in progress, and no write follows <see cref="CompleteAsync"/>.</item>
/// <item>Guarantee of the implementation: it does not use a chunk after the write has completed.</item>
/// <item>Errors: <see cref="IOException"/> when the receiver does not accept more; <see cref="OperationCanceledException"/> when the
/// token is cancelled.</item>
/// </list>
/// </remarks>
internal interface IStageSink
{
    /// <summary>Receives a chunk.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken);

    /// <summary>Receives the end: no more bytes arrive.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}

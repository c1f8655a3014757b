namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Takes one direction's bytes, in pieces as they came. One caller at a time; a piece is the caller's again on return.</summary>
internal interface IStageSink
{
    ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken);

    /// <summary>No more comes.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The upload leg of a leg connection.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>Guarantee of the caller: it calls <see cref="OpenAsync"/> (not for a leg that replaces another), then <see cref="RunAsync"/>, once
/// each, and disposes the leg when both have ended.</item>
/// <item>Guarantee of the implementation: <see cref="RunAsync"/> reports failures with <see cref="ClientLegConnection.Fail"/>, and ends
/// when <see cref="ClientLegConnection.Stopping"/> is signalled.</item>
/// <item>Thread-safety: not thread-safe. Disposal closes the sockets of the leg.</item>
/// </list>
/// </remarks>
internal interface IUploadLeg : IAsyncDisposable
{
    /// <summary>Makes the server accept the connection, and proves that bytes arrive at the server.</summary>
    /// <param name="probeTimeout">The time to wait for the server's report of a probe before the cause is investigated.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="TransportException">No bytes arrive. The message has the reason.</exception>
    ValueTask OpenAsync(TimeSpan probeTimeout, CancellationToken cancellationToken);

    /// <summary>Sends bytes until the connection ends. Never throws. Returns false when a leg of blocks must replace this leg.</summary>
    Task<bool> RunAsync();
}

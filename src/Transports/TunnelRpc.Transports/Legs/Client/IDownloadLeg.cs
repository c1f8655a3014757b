namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The download leg of a leg connection.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>Guarantee of the caller: it calls <see cref="OpenAsync"/> first, then <see cref="RunAsync"/>, once each, and disposes the leg when
/// both have ended.</item>
/// <item>Guarantee of the implementation: <see cref="RunAsync"/> reports failures with <see cref="ClientLegConnection.Fail"/>, and ends
/// when <see cref="ClientLegConnection.Stopping"/> is signalled.</item>
/// <item>Thread-safety: not thread-safe. Disposal closes the sockets of the leg.</item>
/// </list>
/// </remarks>
internal interface IDownloadLeg : IDisposable
{
    /// <summary>Creates the info of the connection from the leg's last socket.</summary>
    /// <param name="handshakeTimeoutHint">The hint for the path report when the session's handshake times out.</param>
    TransportConnectionInfo CreateConnectionInfo(string handshakeTimeoutHint);

    /// <summary>Creates the leg connection on the server, and proves that bytes arrive from the server.</summary>
    /// <exception cref="TransportException">No bytes arrive. The message has the reason.</exception>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Receives bytes until the connection ends. Never throws.</summary>
    Task RunAsync();
}

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The down leg of a carrier.</summary>
internal interface IDownloadLeg : IDisposable
{
    /// <summary>What is known of the path by the leg's last connection.</summary>
    /// <param name="handshakeTimeoutHint">What to tell a user when the path falls silent.</param>
    TransportConnectionInfo CreateConnectionInfo(string handshakeTimeoutHint);

    /// <summary>Makes the carrier, and proves that bytes come down.</summary>
    /// <exception cref="TransportException">They do not, and why.</exception>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Fetches bytes until the connection ends; never fails.</summary>
    Task RunAsync();
}

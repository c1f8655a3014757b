namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>The down leg of a carrier.</summary>
internal interface IDownload : IDisposable
{
    /// <summary>Where the leg's connections lead; null before there was one.</summary>
    string? RemoteEndPoint { get; }

    /// <summary>Makes the carrier, and proves that bytes come down.</summary>
    /// <exception cref="TransportException">They do not, and why.</exception>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Fetches bytes until the connection ends; never fails.</summary>
    Task RunAsync();
}

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The up leg of a carrier. Disposal, after <see cref="RunAsync"/> has ended, closes its connections.</summary>
internal interface IUploadLeg : IAsyncDisposable
{
    /// <summary>Makes the server give the carrier's connection away, and proves that bytes come up.</summary>
    /// <param name="probeTimeout">How long silence is nothing to worry about.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">They do not, and why.</exception>
    ValueTask OpenAsync(TimeSpan probeTimeout, CancellationToken cancellationToken);

    /// <summary>Sends what there is until the connection ends; never fails. False when blocks must go on instead.</summary>
    Task<bool> RunAsync();
}

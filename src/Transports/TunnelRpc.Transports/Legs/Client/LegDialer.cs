namespace TunnelRpc.Transports.Legs.Client;

/// <summary>Opens a carrier: the leg down first, which makes it, and then the leg up, which the server reports on the leg down.</summary>
internal static class LegDialer
{
    private const string HandshakeTimeoutHint =
        "Bytes passed both ways when the path was opened, so something on the way has stopped passing them since.";

    // Some proxies end an upload that is silent for 5 s.
    private static readonly TimeSpan MaxUploadSilence = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan MinProbeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxProbeTimeout = TimeSpan.FromSeconds(3);

    public static async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, LegExchangeKind up, LegExchangeKind down, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        ClientLegConnection carrier = new(endpoint, up, down);
        IDownloadLeg download = down == LegExchangeKind.Stream ? new StreamDownloadLeg(carrier) : new PollDownloadLeg(carrier);
        IUploadLeg upload = up == LegExchangeKind.Stream ? new StreamUploadLeg(carrier) : new BlockUploadLeg(carrier);
        Task downloading = Task.CompletedTask;
        try
        {
            long since = carrier.TimeProvider.GetTimestamp();
            await download.OpenAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan patience = 2 * carrier.TimeProvider.GetElapsedTime(since);
            patience = patience < MinProbeTimeout ? MinProbeTimeout : patience > MaxProbeTimeout ? MaxProbeTimeout : patience;
            downloading = download.RunAsync();
            await upload.OpenAsync(patience, cancellationToken).ConfigureAwait(false);
            TransportConnectionInfo info = download.CreateConnectionInfo(HandshakeTimeoutHint) with { MaxIdleTime = up == LegExchangeKind.Stream ? MaxUploadSilence : null };
            return new ClientLegTransportConnection(carrier, download, downloading, upload, info);
        }
        catch
        {
            carrier.Dispose();
            await downloading.ConfigureAwait(false);
            download.Dispose();
            await upload.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>Opens a carrier: the leg down first, which makes it, and then the leg up, which the server reports on the leg down.</summary>
internal static class LegsDialer
{
    private const string WhenSilent =
        "Bytes passed both ways when the path was opened, so something on the way has stopped passing them since.";

    // Some proxies end an upload that is silent for 5 s.
    private static readonly TimeSpan MaxUploadSilence = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(3);

    public static async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, LegKind up, LegKind down, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        ClientCarrier carrier = new(endpoint, up, down);
        IDownload download = down == LegKind.Stream ? new StreamDownload(carrier) : new PollDownload(carrier);
        IUpload upload = up == LegKind.Stream ? new StreamUpload(carrier) : new BlockUpload(carrier);
        Task downloading = Task.CompletedTask;
        try
        {
            long since = carrier.Clock.GetTimestamp();
            await download.OpenAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan patience = 2 * carrier.Clock.GetElapsedTime(since);
            patience = patience < LeastPatience ? LeastPatience : patience > MostPatience ? MostPatience : patience;
            downloading = download.RunAsync();
            await upload.OpenAsync(patience, cancellationToken).ConfigureAwait(false);
            TransportConnectionInfo info = download.Describe(WhenSilent) with { MaxSilence = up == LegKind.Stream ? MaxUploadSilence : null };
            return new LegsClientConnection(carrier, download, downloading, upload, info);
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

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// Opens a leg connection: first the download leg, which creates it on the server, then the upload leg, whose probes the server reports on
/// the download leg. Stateless.
/// </summary>
internal static class LegDialer
{
    private const string HandshakeTimeoutHint =
        "Bytes passed in both directions when the connection was opened, so an intermediary has stopped forwarding them since.";

    // Some proxies end an upload that is idle for 5 s.
    private static readonly TimeSpan MaxUploadIdleTime = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan MinProbeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxProbeTimeout = TimeSpan.FromSeconds(3);

    public static async ValueTask<ITransportConnection> ConnectAsync(
        TunnelEndpoint endpoint, LegExchangeKind uploadKind, LegExchangeKind downloadKind, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        ClientLegConnection connection = new(endpoint, uploadKind, downloadKind);
        IDownloadLeg download =
            downloadKind == LegExchangeKind.Stream ? new StreamDownloadLeg(connection) : new PollDownloadLeg(connection);
        IUploadLeg upload = uploadKind == LegExchangeKind.Stream ? new StreamUploadLeg(connection) : new BlockUploadLeg(connection);
        Task downloadTask = Task.CompletedTask;
        try
        {
            long startTimestamp = connection.TimeProvider.GetTimestamp();
            await download.OpenAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan probeTimeout = 2 * connection.TimeProvider.GetElapsedTime(startTimestamp);
            probeTimeout = probeTimeout < MinProbeTimeout ? MinProbeTimeout
                : probeTimeout > MaxProbeTimeout ? MaxProbeTimeout
                : probeTimeout;
            downloadTask = download.RunAsync();
            await upload.OpenAsync(probeTimeout, cancellationToken).ConfigureAwait(false);
            TransportConnectionInfo info = download.CreateConnectionInfo(HandshakeTimeoutHint) with
            {
                MaxIdleTime = uploadKind == LegExchangeKind.Stream ? MaxUploadIdleTime : null,
                SendsBlocks = uploadKind != LegExchangeKind.Stream,
                ReceivesBlocks = LegProtocol.IsPolled(connection.TransportName),
            };
            return new ClientLegTransportConnection(connection, download, downloadTask, upload, info);
        }
        catch
        {
            connection.Dispose();
            await downloadTask.ConfigureAwait(false);
            download.Dispose();
            await upload.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}

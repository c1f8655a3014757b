using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>A carrier as the dialing side's connection. Owns all it is given; its disposal sends what was written and then the end, if that is done soon.</summary>
internal sealed class ClientLegTransportConnection : TransportConnection
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientLegConnection _connection;
    private readonly IDownloadLeg _download;
    private readonly IUploadLeg _upload;
    private readonly Task _downloading;
    private readonly Task _uploading;

    /// <summary>Of two legs that both have been opened.</summary>
    /// <param name="connection">What they carry.</param>
    /// <param name="download">The leg down.</param>
    /// <param name="downloading">The leg down, running.</param>
    /// <param name="upload">The leg up.</param>
    /// <param name="info">What is known of the path.</param>
    public ClientLegTransportConnection(ClientLegConnection connection, IDownloadLeg download, Task downloading, IUploadLeg upload, TransportConnectionInfo info)
        : base(info, connection.TimeProvider)
    {
        _connection = connection;
        _download = download;
        _upload = upload;
        connection.OnFailure = FailWithReadGrace;
        if (connection.Failure is { } failure)
        {
            // Between the legs' opening and now.
            FailWithReadGrace(failure);
        }

        _downloading = downloading;
        _uploading = RunUploadAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await _connection.ReceiveBuffer.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (_connection.IsConsumedReportDue)
        {
            _connection.SendBuffer.NotifyChanged();
        }

        return read;
    }

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => _connection.SendBuffer.AppendAsync(data, cancellationToken);

    protected override async ValueTask CloseAsync()
    {
        if (_connection.Failure is null)
        {
            if (HasInterruptedWrite || _connection.ReceiveBuffer.IsCompleted)
            {
                await NotifyServerAsync(HasInterruptedWrite ? LegExchangeKind.Reset : LegExchangeKind.End).ConfigureAwait(false);
            }
            else
            {
                _connection.SendBuffer.Complete();
                await _uploading.WaitAsync(CloseTimeout, _connection.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _connection.Dispose();
        await _downloading.ConfigureAwait(false);
        await _uploading.ConfigureAwait(false);
        _download.Dispose();
        await _upload.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunUploadAsync()
    {
        if (!await _upload.RunAsync().ConfigureAwait(false))
        {
            BlockUploadLeg blocks = new(_connection);
            await using (blocks.ConfigureAwait(false))
            {
                await blocks.RunAsync().ConfigureAwait(false);
            }
        }
    }

    // So that the server need not wait for the absence of exchanges.
    private async ValueTask NotifyServerAsync(LegExchangeKind kind)
    {
        using CancellationTokenSource timeout = new(CloseTimeout, _connection.TimeProvider);
        using HttpDialer dialer = _connection.CreateDialer();
        try
        {
            using HttpRequestMessage request = _connection.CreatePost(dialer, kind, _connection.NextUploadEpoch(), _connection.SendBuffer.WrittenOffset);
            using HttpResponseMessage response = await dialer.SendAsync(request, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TransportException or OperationCanceledException)
        {
            // It will notice by itself, later.
        }
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// The client's connection over a <see cref="ClientLegConnection"/>. Owns all of its arguments. Disposal sends the written bytes and the
/// end, for at most <see cref="CloseTimeout"/>.
/// </summary>
internal sealed class ClientLegTransportConnection : TransportConnection
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientLegConnection _connection;
    private readonly IDownloadLeg _download;
    private readonly IUploadLeg _upload;
    private readonly Task _downloadTask;
    private readonly Task _uploadTask;

    /// <summary>Creates a connection of two open legs and starts the upload leg.</summary>
    /// <param name="connection">The shared state of the legs.</param>
    /// <param name="download">The download leg.</param>
    /// <param name="downloadTask">The running task of the download leg.</param>
    /// <param name="upload">The upload leg, not running yet.</param>
    /// <param name="info">The facts about the connection.</param>
    public ClientLegTransportConnection(
        ClientLegConnection connection, IDownloadLeg download, Task downloadTask, IUploadLeg upload, TransportConnectionInfo info)
        : base(info, connection.TimeProvider)
    {
        _connection = connection;
        _download = download;
        _upload = upload;
        connection.OnFailure = FailWithReadGrace;
        if (connection.Failure is { } failure)
        {
            // It failed after the legs were opened and before OnFailure was set.
            FailWithReadGrace(failure);
        }

        _downloadTask = downloadTask;
        _uploadTask = RunUploadAsync();
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
                await _uploadTask.WaitAsync(CloseTimeout, _connection.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _connection.Dispose();
        await _downloadTask.ConfigureAwait(false);
        await _uploadTask.ConfigureAwait(false);
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

    // Notifies the server of the end, so that it does not have to wait for its detached timeout.
    private async ValueTask NotifyServerAsync(LegExchangeKind kind)
    {
        using CancellationTokenSource timeout = new(CloseTimeout, _connection.TimeProvider);
        using HttpDialer dialer = _connection.CreateDialer();
        try
        {
            using HttpRequestMessage request = _connection.CreatePost(
                dialer, kind, _connection.NextUploadEpoch(), _connection.SendBuffer.WrittenOffset);
            using HttpResponseMessage response = await dialer.SendAsync(request, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TransportException or OperationCanceledException)
        {
            // The server notices the end later, by its detached timeout.
        }
    }
}

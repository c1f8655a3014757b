using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>A carrier as the dialing side's connection. Owns all it is given; its disposal sends what was written and then the end, if that is done soon.</summary>
internal sealed class LegsClientConnection : TransportConnection
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientCarrier _carrier;
    private readonly IDownload _download;
    private readonly IUpload _upload;
    private readonly Task _downloading;
    private readonly Task _uploading;

    /// <summary>Of two legs that both have been opened.</summary>
    /// <param name="carrier">What they carry.</param>
    /// <param name="download">The leg down.</param>
    /// <param name="downloading">The leg down, running.</param>
    /// <param name="upload">The leg up.</param>
    /// <param name="info">What is known of the path.</param>
    public LegsClientConnection(ClientCarrier carrier, IDownload download, Task downloading, IUpload upload, TransportConnectionInfo info)
        : base(info, carrier.Clock)
    {
        _carrier = carrier;
        _download = download;
        _upload = upload;
        carrier.OnFailure = FailSoon;
        if (carrier.Failure is { } failure)
        {
            // Between the legs' opening and now.
            FailSoon(failure);
        }

        _downloading = downloading;
        _uploading = UploadAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await _carrier.Down.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (_carrier.IsReportDue)
        {
            _carrier.Up.Wake();
        }

        return read;
    }

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => _carrier.Up.AppendAsync(data, cancellationToken);

    protected override async ValueTask CloseAsync()
    {
        if (_carrier.Failure is null)
        {
            if (WriteInterrupted || _carrier.Down.IsCompleted)
            {
                await TellAsync(WriteInterrupted ? LegKind.Reset : LegKind.End).ConfigureAwait(false);
            }
            else
            {
                _carrier.Up.Complete();
                await _uploading.WaitAsync(CloseTimeout, _carrier.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _carrier.Dispose();
        await _downloading.ConfigureAwait(false);
        await _uploading.ConfigureAwait(false);
        _download.Dispose();
        await _upload.DisposeAsync().ConfigureAwait(false);
    }

    private async Task UploadAsync()
    {
        if (!await _upload.RunAsync().ConfigureAwait(false))
        {
            BlockUpload blocks = new(_carrier);
            await using (blocks.ConfigureAwait(false))
            {
                await blocks.RunAsync().ConfigureAwait(false);
            }
        }
    }

    // So that the server need not wait for the absence of exchanges.
    private async ValueTask TellAsync(LegKind kind)
    {
        using CancellationTokenSource timeout = new(CloseTimeout, _carrier.Clock);
        using HttpDialer dialer = _carrier.CreateDialer();
        try
        {
            using HttpRequestMessage request = _carrier.CreatePost(dialer, kind, _carrier.NextUpEpoch(), _carrier.Up.End);
            using HttpResponseMessage response = await dialer.SendAsync(request, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TransportException or OperationCanceledException)
        {
            // It will notice by itself, later.
        }
    }
}

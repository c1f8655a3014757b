using System.Threading.Channels;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// The imported reference of an <see cref="IProgress{T}"/>: sends reports to the peer in order and without blocking the reporter. If the
/// queue is full, the oldest report is dropped; the last one always arrives. Thread-safe. The runtime disposes it before it sends the
/// reply: disposal waits until all queued reports have been sent.
/// </summary>
internal sealed class RemoteProgress<T>(TunnelInvoker sink, ClientStreamingMethod<IProgressSink<T>, Unit, T, Unit> method)
    : IProgress<T>, IAsyncDisposable
{
    /// <summary>The number of reports that are queued at most.</summary>
    private const int Capacity = 256;

    private readonly Channel<T> _reports = Channel.CreateBounded<T>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly Lock _gate = new();

    // Guarded by _gate. Set by the first report.
    private Task? _sending;

    public void Report(T value)
    {
        // False after disposal: the caller accepts no reports after the reply.
        if (_reports.Writer.TryWrite(value))
        {
            lock (_gate)
            {
                _sending ??= Task.Run(SendAsync);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _reports.Writer.TryComplete();
        Task? sending;
        lock (_gate)
        {
            sending = _sending;
        }

        if (sending is not null)
        {
            await sending.ConfigureAwait(false);
        }

        sink.ReleaseReference();
    }

    private async Task SendAsync()
    {
        try
        {
            await sink.InvokeClientStreamingAsync(method, default, _reports.Reader.ReadAllAsync(), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (TunnelException)
        {
            // A failed report does not fail the call. The caller may have cancelled the call or may be disconnected.
            _reports.Writer.TryComplete();
        }
    }
}

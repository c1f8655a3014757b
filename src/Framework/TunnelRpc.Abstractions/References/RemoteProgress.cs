using System.Threading.Channels;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// Reports to the other side, in order and without waiting: when it takes them slower than they come, the oldest of those
/// that wait give way; the last one always arrives. Thread-safe. Disposal, before the call is answered, waits until
/// everything has been reported.
/// </summary>
internal sealed class RemoteProgress<T>(TunnelInvoker sink, ClientStreamingMethod<IProgressSink<T>, Unit, T, Unit> method) : IProgress<T>, IAsyncDisposable
{
    private const int Capacity = 256;

    private readonly Channel<T> _reports = Channel.CreateBounded<T>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Lock _gate = new();

    // Guarded by _gate; set with the first report.
    private Task? _sending;

    public void Report(T value)
    {
        // After the call is answered nobody takes reports any more.
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
            await sink.InvokeClientStreamingAsync(method, default, _reports.Reader.ReadAllAsync(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (TunnelException)
        {
            // Progress is not what the call is for: its caller may not want it any more, or be gone.
            _reports.Writer.TryComplete();
        }
    }
}

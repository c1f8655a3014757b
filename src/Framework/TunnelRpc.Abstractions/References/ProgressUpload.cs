using System.Threading.Channels;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// The call of a <see cref="RemoteProgress{T}"/>: sends reports to the peer in order and without blocking the reporter. If the queue is
/// full, the oldest report is dropped; the last one always arrives. The call that runs holds this object and not the progress, so that a
/// progress that the application no longer uses can be collected. Thread-safe.
/// </summary>
internal sealed class ProgressUpload<T>(TunnelInvoker sink, ClientStreamingMethod<IProgressSink<T>, Unit, T, Unit> method)
{
    /// <summary>The number of reports that are queued at most.</summary>
    private const int Capacity = 256;

    private readonly Channel<T> _reports = Channel.CreateBounded<T>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly Lock _gate = new();

    // Guarded by _gate. Set by the first report.
    private Task? _sending;

    /// <summary>Queues a report. Has no effect after <see cref="CompleteAsync"/>.</summary>
    public void Report(T value)
    {
        // False after completion: the caller accepts no reports after the reply.
        if (_reports.Writer.TryWrite(value))
        {
            lock (_gate)
            {
                _sending ??= Task.Run(SendAsync);
            }
        }
    }

    /// <summary>Accepts no more reports, waits until all queued ones have been sent, and releases the reference. Idempotent.</summary>
    public async Task CompleteAsync()
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
        catch (Exception)
        {
            // A failed report does not fail the call. A report may fail to encode, the caller may have cancelled the call, or it may be
            // disconnected.
            _reports.Writer.TryComplete();
        }
    }
}

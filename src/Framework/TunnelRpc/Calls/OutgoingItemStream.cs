using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The stream that a call of this side sends up, beside whatever comes back. Whoever began it stops it.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no links: there is nothing to release.")]
internal sealed class OutgoingItemStream<TItem>(Multiplexer multiplexer, TunnelStream stream, ITunnelFormatter<TItem> formatter, IAsyncEnumerable<TItem> items, ScheduledSender scheduledSender, ReferenceScope? references)
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Why the application's stream failed; set before the task of <see cref="RunAsync"/> completes.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Sends; the task throws nothing.</summary>
    public Task RunAsync() => _running = SendAsync();

    /// <summary>
    /// Stops it. Where the peer has ended the call in order, the application's stream is not used any more when this returns,
    /// unless the caller gives up first. A caller that has given up is not held by a stream that does not heed its token.
    /// </summary>
    public async ValueTask StopAsync(bool waitUntilStopped, CancellationToken cancellationToken)
    {
        Task stopping = _stop.CancelAsync();
        if (waitUntilStopped)
        {
            await stopping.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            var sender = new ItemSender<TItem>(multiplexer, stream, formatter, scheduledSender, references);
            if (await sender.SendAllAsync(items, _stop.Token).ConfigureAwait(false) && stream.IsOpen)
            {
                multiplexer.WriteControl(stream.Id, FrameType.End, []);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The call is over; the rest is not wanted.
        }
        catch (Exception error)
        {
            Failure = error;
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The items that an outgoing call sends, concurrently with its reply. The call starts it once (<see cref="RunAsync"/>) and stops it
/// (<see cref="StopAsync"/>).
/// </summary>
/// <param name="multiplexer">The multiplexer of the session.</param>
/// <param name="stream">The call.</param>
/// <param name="formatter">Writes the items.</param>
/// <param name="items">The stream of the application.</param>
/// <param name="scheduledSender">The entry of the call in the send scheduler.</param>
/// <param name="references">The references of the call; null for none.</param>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The source has no timer and is not linked: it has nothing to release.")]
internal sealed class OutgoingItemStream<TItem>(
    Multiplexer multiplexer,
    TunnelStream stream,
    ITunnelFormatter<TItem> formatter,
    IAsyncEnumerable<TItem> items,
    ScheduledSender scheduledSender,
    CallReferences? references)
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>The exception that ended the upload; null for none. Set before the task of <see cref="RunAsync"/> completes.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Sends the items, then END. The task does not fail.</summary>
    public Task RunAsync() => _running = SendAsync();

    /// <summary>
    /// Stops the upload. Does not throw.
    /// </summary>
    /// <param name="waitUntilStopped">
    /// Whether to wait until the stream of the application is no longer used. True when the peer has ended the call; false for a caller
    /// that has cancelled, which must not wait for a stream that ignores its token.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
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
            // The call has ended, so the remaining items are not sent.
        }
        catch (Exception error)
        {
            Failure = error;
        }
    }
}

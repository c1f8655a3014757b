using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The stream that a call of this side sends up, beside whatever comes back. Disposal stops it and waits for its end.</summary>
internal sealed class Upload<TItem>(Multiplexer multiplexer, TunnelStream stream, ITunnelFormatter<TItem> formatter, IAsyncEnumerable<TItem> items, SendTurn turn, ReferenceScope? references)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Why the application's stream failed; set before the task of <see cref="RunAsync"/> completes.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Sends; the task throws nothing.</summary>
    public Task RunAsync() => _running = SendAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            var sender = new ItemSender<TItem>(multiplexer, stream, formatter, turn, references);
            if (await sender.SendAllAsync(items, _stop.Token).ConfigureAwait(false) && multiplexer.IsOpen(stream))
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

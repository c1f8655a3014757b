using System.Threading.Channels;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>
/// Delivers every chunk after a delay, in order, while later chunks arrive. The throughput stays the same unless the delayed chunks reach
/// the capacity; then the writer waits.
/// </summary>
internal sealed class LatencyStage : FaultStage
{
    private readonly Channel<(long Due, byte[] Chunk)> _inFlight =
        Channel.CreateUnbounded<(long, byte[])>(new() { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _disposed = new();
    private readonly SemaphoreSlim _capacity;
    private readonly TimeSpan _delay;
    private readonly TimeSpan _jitter;
    private readonly Task _delivering;

    public LatencyStage(IStageSink next, StageContext context, TimeSpan delay, TimeSpan jitter)
        : base(next, context)
    {
        _delay = delay;
        _jitter = jitter;

        // The size of a chunk is bounded, so the number of chunks bounds the bytes.
        _capacity = new SemaphoreSlim(Math.Max(1, context.MaxBufferedBytes / Relaying.RelaySocket.MaxReadBytes));
        _delivering = DeliverAsync();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        await _capacity.WaitAsync(cancellationToken).ConfigureAwait(false);
        TimeSpan delay = _delay + (_jitter * Context.Random.NextDouble());
        long due = Context.TimeProvider.GetTimestamp() + (long)(delay.TotalSeconds * Context.TimeProvider.TimestampFrequency);
        _inFlight.Writer.TryWrite((due, chunk.ToArray()));
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _inFlight.Writer.TryComplete();
        await _delivering.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Next.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async ValueTask ReleaseAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);

        // DeliverAsync has already reported a failure to the connection.
        await _delivering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _disposed.Dispose();
        _capacity.Dispose();
    }

    private async Task DeliverAsync()
    {
        try
        {
            await foreach ((long due, byte[] chunk) in _inFlight.Reader.ReadAllAsync(_disposed.Token).ConfigureAwait(false))
            {
                TimeSpan remaining = Context.TimeProvider.GetElapsedTime(Context.TimeProvider.GetTimestamp(), due);
                if (remaining > TimeSpan.Zero)
                {
                    await Task.Delay(remaining, Context.TimeProvider, _disposed.Token).ConfigureAwait(false);
                }

                await Next.WriteAsync(chunk, _disposed.Token).ConfigureAwait(false);
                _capacity.Release();
            }
        }
        catch
        {
            // This task is awaited only at the end, so a failure is reported to the connection here.
            Context.Termination.Close();
            throw;
        }
    }
}

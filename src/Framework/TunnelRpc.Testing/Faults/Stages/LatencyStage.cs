using System.Threading.Channels;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Delivers later, in order, beside what arrives meanwhile: the rate stays, unless more than may be held is under way.</summary>
internal sealed class LatencyStage : FaultStage
{
    private readonly Channel<(long Due, byte[] Piece)> _inFlight = Channel.CreateUnbounded<(long, byte[])>(new() { SingleReader = true, SingleWriter = true });
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

        // Pieces are bounded, so a number of them bounds the bytes.
        _capacity = new SemaphoreSlim(Math.Max(1, context.MaxBufferedBytes / Relaying.RelaySocket.MaxReadBytes));
        _delivering = DeliverAsync();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await _capacity.WaitAsync(cancellationToken).ConfigureAwait(false);
        TimeSpan delay = _delay + (_jitter * Context.Random.NextDouble());
        long due = Context.TimeProvider.GetTimestamp() + (long)(delay.TotalSeconds * Context.TimeProvider.TimestampFrequency);
        _inFlight.Writer.TryWrite((due, piece.ToArray()));
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

        // How it ended has been told to the connection.
        await _delivering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _disposed.Dispose();
        _capacity.Dispose();
    }

    private async Task DeliverAsync()
    {
        try
        {
            await foreach ((long due, byte[] piece) in _inFlight.Reader.ReadAllAsync(_disposed.Token).ConfigureAwait(false))
            {
                TimeSpan left = Context.TimeProvider.GetElapsedTime(Context.TimeProvider.GetTimestamp(), due);
                if (left > TimeSpan.Zero)
                {
                    await Task.Delay(left, Context.TimeProvider, _disposed.Token).ConfigureAwait(false);
                }

                await Next.WriteAsync(piece, _disposed.Token).ConfigureAwait(false);
                _capacity.Release();
            }
        }
        catch
        {
            // Nobody awaits this until the end comes: the connection must know at once.
            Context.Termination.Close();
            throw;
        }
    }
}

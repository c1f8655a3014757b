namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Ends the exchange after a time in total, or after a time without a chunk.</summary>
internal sealed class TimeLimitStage : FaultStage
{
    private readonly ITimer _timer;
    private readonly TimeSpan _limit;
    private readonly bool _restarts;

    public TimeLimitStage(IStageSink next, StageContext context, TimeSpan limit, bool restarts)
        : base(next, context)
    {
        _limit = limit;
        _restarts = restarts;
        _timer = context.TimeProvider.CreateTimer(
            static state => ((StageContext)state!).TimeOut(), context, limit, Timeout.InfiniteTimeSpan);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        if (_restarts)
        {
            _timer.Change(_limit, Timeout.InfiniteTimeSpan);
        }

        return Next.WriteAsync(chunk, cancellationToken);
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await Next.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override ValueTask ReleaseAsync() => _timer.DisposeAsync();
}

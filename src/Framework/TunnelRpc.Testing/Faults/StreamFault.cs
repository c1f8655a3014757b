using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults;

/// <summary>
/// What goes wrong with bytes in one direction: made by the static methods, narrowed with <c>with</c>. Immutable. Faults in a list apply
/// one after the other, the first one nearest to the sender.
/// </summary>
public sealed record StreamFault
{
    private readonly Func<IStageSink, StageContext, FaultStage> _create;

    private StreamFault(string description, Func<IStageSink, StageContext, FaultStage> create)
    {
        Description = description;
        _create = create;
    }

    /// <summary>What it does, in words.</summary>
    public string Description { get; }

    /// <summary>Which bytes it concerns. Everything by default; bodies only for those that wait for a body's end.</summary>
    public FaultScope Scope { get; init; } = FaultScope.Everything;

    /// <summary>Whether the head waits with the body, as in proxies that write both at once.</summary>
    internal bool BuffersHead { get; private init; }

    /// <summary>Delivers every piece <paramref name="delay"/> later, and up to <paramref name="jitter"/> (random) more; the order stays.</summary>
    public static StreamFault Latency(TimeSpan delay, TimeSpan jitter = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, TimeSpan.Zero);
        return new($"delays by {delay.TotalMilliseconds:0} ms", (next, context) => new LatencyStage(next, context, delay, jitter));
    }

    /// <summary>Always one write behind: a piece is delivered when the next one comes, the last one at the end.</summary>
    public static StreamFault DelayByOneWrite() => new("stays one write behind", static (next, context) => new OneWriteDelayStage(next, context));

    /// <summary>Holds everything until <paramref name="bytes"/> have come, or the end; passes everything from then on.</summary>
    public static StreamFault BufferUntil(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new($"holds the first {bytes} bytes", (next, context) => new BufferStage(next, context, bytes)) { BuffersHead = true };
    }

    /// <summary>Holds a body, and its head, until it is complete.</summary>
    public static StreamFault BufferUntilComplete() =>
        new("holds until complete", static (next, context) => new BufferStage(next, context, long.MaxValue)) { BuffersHead = true, Scope = FaultScope.Bodies };

    /// <summary>Delivers <paramref name="bytes"/> and swallows all after them, without telling anybody.</summary>
    public static StreamFault BlackHoleAfter(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new($"swallows all after {bytes} bytes", (next, context) => new BlackHoleStage(next, context, bytes));
    }

    /// <summary>Swallows everything that does not begin as an HTTP request does, as mitmproxy in the tunnel of a CONNECT.</summary>
    public static StreamFault DropUnlessHttp() => new("swallows what is not HTTP", static (next, context) => new HttpOnlyStage(next, context)) { Scope = FaultScope.Tunnels };

    /// <summary>Resets the connection after <paramref name="bytes"/>, and up to <paramref name="spread"/> (random) more.</summary>
    public static StreamFault ResetAfter(long bytes, int spread = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(spread);
        return new($"resets after {bytes} bytes", (next, context) => new ResetStage(next, context, bytes, spread));
    }

    /// <summary>Delivers in pieces of <paramref name="min"/> to <paramref name="max"/> bytes (random), each in a write of its own.</summary>
    /// <param name="min">The least, from 1.</param>
    /// <param name="max">The most.</param>
    /// <param name="firstBytes">After as many bytes pieces pass as they come.</param>
    public static StreamFault Split(int min = 1, int max = 1, long firstBytes = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(min, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBytes);
        return new(max == 1 ? "splits to single bytes" : $"splits to {min} to {max} bytes", (next, context) => new SplitStage(next, context, min, max, firstBytes));
    }

    /// <summary>
    /// Ends what is silent in this direction for <paramref name="limit"/>: a request body with 408 while nothing is answered yet, all
    /// else by closing the connection.
    /// </summary>
    public static StreamFault TimeOutWhenIdle(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        return new($"ends after {limit.TotalSeconds:0.#} s of silence", (next, context) => new TimeLimitStage(next, context, limit, restarts: true));
    }

    /// <summary>Ends what takes longer than <paramref name="limit"/> in all, silent or not; as <see cref="TimeOutWhenIdle"/>.</summary>
    public static StreamFault TimeOutAfter(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        return new($"ends after {limit.TotalSeconds:0.#} s", (next, context) => new TimeLimitStage(next, context, limit, restarts: false));
    }

    /// <inheritdoc/>
    public override string ToString() => Description;

    internal FaultStage Create(IStageSink next, StageContext context) => _create(next, context);

    /// <summary>For <see cref="RequestFault.RefuseBodiesAbove"/>.</summary>
    internal static StreamFault RefuseAbove(long bytes) => new($"refuses more than {bytes} bytes", (next, context) => new SizeLimitStage(next, context, bytes));
}

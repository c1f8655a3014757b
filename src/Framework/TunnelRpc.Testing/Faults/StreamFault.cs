using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults;

/// <summary>
/// A fault of the bytes in one direction. The static methods create one; <c>with</c> restricts its scope. Immutable. The faults of a list
/// apply one after the other; the first one is nearest to the sender.
/// </summary>
public sealed record StreamFault
{
    private readonly Func<IStageSink, StageContext, FaultStage> _create;

    private StreamFault(string description, Func<IStageSink, StageContext, FaultStage> create)
    {
        Description = description;
        _create = create;
    }

    /// <summary>The effect as text, for messages.</summary>
    public string Description { get; }

    /// <summary>
    /// The bytes that the fault applies to at <see cref="FaultLevel.Http"/>. The default is <see cref="FaultScope.Everything"/>, but
    /// <see cref="FaultScope.Bodies"/> for <see cref="BufferUntilComplete"/> and <see cref="FaultScope.Tunnels"/> for
    /// <see cref="DropUnlessHttp"/>.
    /// </summary>
    public FaultScope Scope { get; init; } = FaultScope.Everything;

    /// <summary>Whether the head is buffered with the body, as in proxies that write both at once.</summary>
    internal bool BuffersHead { get; private init; }

    /// <summary>
    /// Delivers every chunk after a delay, in order. The throughput stays the same unless more than
    /// <see cref="FaultProxyOptions.MaxBufferedBytes"/> are delayed; then the sender waits.
    /// </summary>
    /// <param name="delay">The delay of each chunk, not negative.</param>
    /// <param name="jitter">The largest additional random delay of each chunk, not negative. Default zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is negative.</exception>
    public static StreamFault Latency(TimeSpan delay, TimeSpan jitter = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, TimeSpan.Zero);
        return new($"delays by {delay.TotalMilliseconds:0} ms", (next, context) => new LatencyStage(next, context, delay, jitter));
    }

    /// <summary>Delivers each chunk when the next one arrives, and the last chunk at the end.</summary>
    public static StreamFault DelayByOneWrite() =>
        new("delays by one write", static (next, context) => new OneWriteDelayStage(next, context));

    /// <summary>Buffers until a number of bytes or the end has arrived, and then forwards all bytes without delay.</summary>
    /// <param name="bytes">The number of bytes at which the buffer is delivered; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is below 1.</exception>
    public static StreamFault BufferUntil(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new($"buffers the first {bytes} bytes", (next, context) => new BufferStage(next, context, bytes)) { BuffersHead = true };
    }

    /// <summary>
    /// Buffers a body, with its head, until it is complete. The scope is <see cref="FaultScope.Bodies"/> by default.
    /// </summary>
    public static StreamFault BufferUntilComplete() =>
        new("buffers until complete", static (next, context) => new BufferStage(next, context, long.MaxValue))
        {
            BuffersHead = true,
            Scope = FaultScope.Bodies,
        };

    /// <summary>
    /// Delivers a number of bytes, and drops all later bytes and the end of the direction. The connection stays open.
    /// </summary>
    /// <param name="bytes">The number of delivered bytes, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    public static StreamFault BlackHoleAfter(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new($"drops all bytes after {bytes}", (next, context) => new BlackHoleStage(next, context, bytes));
    }

    /// <summary>
    /// Drops all bytes if the first chunk does not start like an HTTP request, as mitmproxy does in the tunnel of a CONNECT. The scope is
    /// <see cref="FaultScope.Tunnels"/> by default.
    /// </summary>
    public static StreamFault DropUnlessHttp() =>
        new("drops bytes that are not HTTP", static (next, context) => new HttpOnlyStage(next, context)) { Scope = FaultScope.Tunnels };

    /// <summary>Delivers a number of bytes and then resets the connection.</summary>
    /// <param name="bytes">The number of delivered bytes, not negative.</param>
    /// <param name="spread">The largest random number of bytes added to it, not negative. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is negative.</exception>
    public static StreamFault ResetAfter(long bytes, int spread = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(spread);
        return new($"resets after {bytes} bytes", (next, context) => new ResetStage(next, context, bytes, spread));
    }

    /// <summary>Splits the bytes into chunks of random size, each in a write of its own.</summary>
    /// <param name="min">The smallest chunk, in bytes; at least 1. Default 1.</param>
    /// <param name="max">The largest chunk, in bytes; at least <paramref name="min"/>. Default 1.</param>
    /// <param name="firstBytes">The number of bytes to split, not negative; later chunks pass unchanged. Default: all bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static StreamFault Split(int min = 1, int max = 1, long firstBytes = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(min, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBytes);
        string description = max == 1 ? "splits into single bytes" : $"splits into chunks of {min} to {max} bytes";
        return new(description, (next, context) => new SplitStage(next, context, min, max, firstBytes));
    }

    /// <summary>
    /// Ends the exchange or the tunnel when no byte arrives in this direction for a time. The proxy answers a request body with 408 if no
    /// response has started; in all other cases it closes the connection.
    /// </summary>
    /// <param name="limit">The time without a byte, positive. Each chunk restarts it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not positive.</exception>
    public static StreamFault TimeOutWhenIdle(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        return new(
            $"ends after {limit.TotalSeconds:0.#} s without a byte",
            (next, context) => new TimeLimitStage(next, context, limit, restarts: true));
    }

    /// <summary>
    /// Ends the exchange or the tunnel, in the same way as <see cref="TimeOutWhenIdle"/>, when this direction takes longer than a time in
    /// total.
    /// </summary>
    /// <param name="limit">The total time, positive.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not positive.</exception>
    public static StreamFault TimeOutAfter(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        return new(
            $"ends after {limit.TotalSeconds:0.#} s",
            (next, context) => new TimeLimitStage(next, context, limit, restarts: false));
    }

    /// <summary>Returns the description.</summary>
    public override string ToString() => Description;

    internal FaultStage Create(IStageSink next, StageContext context) => _create(next, context);

    /// <summary>Implements <see cref="RequestFault.RefuseBodiesAbove"/>.</summary>
    internal static StreamFault RefuseAbove(long bytes) =>
        new($"refuses more than {bytes} bytes", (next, context) => new SizeLimitStage(next, context, bytes));
}

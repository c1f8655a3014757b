namespace TunnelRpc.Testing.Faults;

/// <summary>
/// The options of a <see cref="FaultProxy"/>. <see cref="FaultProxy.StartAsync"/> reads them once. Not thread-safe.
/// </summary>
public sealed class FaultProxyOptions
{
    /// <summary>
    /// The source of all randomness. With the same seed the proxy's n-th connection has the same faults, if the bytes arrive in the same
    /// chunks. Null selects a random seed, which <see cref="FaultProxy.Seed"/> and <see cref="FaultProxy.ToString"/> return. Default null.
    /// </summary>
    public int? Seed { get; set; }

    /// <summary>The clock of latency, idle timeouts and time limits. Default: the system's clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// The maximum number of bytes that one fault buffers in one direction of one exchange; at least 1. Above it, the proxy answers a
    /// buffered request with 413 and a buffered response with 502, and it resets a tunnel or a connection at
    /// <see cref="FaultLevel.Tcp"/>. <see cref="StreamFault.Latency"/> makes the sender wait instead. Default 16 MiB.
    /// </summary>
    public int MaxBufferedBytes { get; set; } = 16 << 20;

    /// <summary>
    /// The maximum number of requests that <see cref="FaultProxy.Requests"/> returns, the latest ones; at least 1. Default 10,000.
    /// </summary>
    public int MaxRecordedRequests { get; set; } = 10_000;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRecordedRequests, 1);
    }
}

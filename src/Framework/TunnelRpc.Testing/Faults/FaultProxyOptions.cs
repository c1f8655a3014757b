namespace TunnelRpc.Testing.Faults;

/// <summary>What a <see cref="FaultProxy"/> can be given. Read once, when it starts.</summary>
public sealed class FaultProxyOptions
{
    /// <summary>
    /// From which all randomness comes: the proxy's n-th connection meets the same faults with the same seed, as far as the bytes arrive
    /// in the same pieces. Random by default; <see cref="FaultProxy.Seed"/> and <see cref="FaultProxy.ToString"/> tell it.
    /// </summary>
    public int? Seed { get; set; }

    /// <summary>The clock of latency and of idle limits. The system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// The most bytes that one fault holds back in one direction of one exchange; at least 1. A held request body that is larger is
    /// answered with 413, a held answer with 502; in tunnels and at <see cref="FaultLevel.Tcp"/> the connection is reset. Default 16 MiB.
    /// </summary>
    public int MaxBufferedBytes { get; set; } = 16 << 20;

    /// <summary>How many of the last requests <see cref="FaultProxy.Requests"/> shows; at least 1. Default 10,000.</summary>
    public int MaxRecordedRequests { get; set; } = 10_000;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRecordedRequests, 1);
    }
}

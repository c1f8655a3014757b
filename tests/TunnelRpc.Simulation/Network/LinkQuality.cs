using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network;

/// <summary>Latency, buffers and segment size of a link while it works.</summary>
/// <param name="MinLatency">The shortest time that a segment is in flight.</param>
/// <param name="MaxLatency">The longest time that a segment is in flight.</param>
/// <param name="SendBufferBytes">How many bytes may be in flight before a writer waits.</param>
/// <param name="ReceiveBufferBytes">How many bytes may have arrived and not been read.</param>
/// <param name="MaxSegmentBytes">The largest segment that arrives at once.</param>
internal sealed record LinkQuality(
    TimeSpan MinLatency, TimeSpan MaxLatency, int SendBufferBytes, int ReceiveBufferBytes, int MaxSegmentBytes)
{
    /// <summary>The throughput of the slowest link without faults.</summary>
    private const int MinBytesPerSecond = 50_000;

    public static LinkQuality Draw(SimRandom random)
    {
        int sendBuffer = DrawBuffer(random);
        int receiveBuffer = DrawBuffer(random);
        int segment = random.Chance(0.15) ? random.Between(8, 400) : random.Chance(0.3) ? 1460 : 64 << 10;

        // One segment is in flight at a time. Small segments have a low latency, otherwise calls would not end in the time of a run.
        long maxMicroseconds = Math.Min(segment, Math.Min(sendBuffer, receiveBuffer)) * 1_000_000L / MinBytesPerSecond;
        TimeSpan latency = TimeSpan.FromMicroseconds(random.LogUniform(50, (int)Math.Clamp(maxMicroseconds, 100, 100_000)));
        return new LinkQuality(latency, latency * random.Pick(1, 1, 2, 3), sendBuffer, receiveBuffer, segment);
    }

    private static int DrawBuffer(SimRandom random) => random.Chance(0.2) ? random.Between(64, 2000) : 64 << 10;
}

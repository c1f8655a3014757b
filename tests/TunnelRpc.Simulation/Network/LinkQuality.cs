using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network;

/// <summary>How a link is while it works.</summary>
/// <param name="MinLatency">The least time a piece is under way.</param>
/// <param name="MaxLatency">The most.</param>
/// <param name="SendBufferBytes">What a writer may have under way before it waits.</param>
/// <param name="ReceiveBufferBytes">What may have arrived before it is read.</param>
/// <param name="MaxSegmentBytes">The largest piece that arrives at once.</param>
internal sealed record LinkQuality(TimeSpan MinLatency, TimeSpan MaxLatency, int SendBufferBytes, int ReceiveBufferBytes, int MaxSegmentBytes)
{
    /// <summary>On the slowest link, when nothing is wrong with it.</summary>
    private const int MinBytesPerSecond = 50_000;

    public static LinkQuality Draw(SimRandom random)
    {
        int sendBuffer = DrawBuffer(random);
        int receiveBuffer = DrawBuffer(random);
        int piece = random.Chance(0.15) ? random.Between(8, 400) : random.Chance(0.3) ? 1460 : 64 << 10;

        // One piece is under way at a time: small ones are quick, or nothing would be over in the time of a run.
        long most = Math.Min(piece, Math.Min(sendBuffer, receiveBuffer)) * 1_000_000L / MinBytesPerSecond;
        TimeSpan latency = TimeSpan.FromMicroseconds(random.LogUniform(50, (int)Math.Clamp(most, 100, 100_000)));
        return new LinkQuality(latency, latency * random.Pick(1, 1, 2, 3), sendBuffer, receiveBuffer, piece);
    }

    private static int DrawBuffer(SimRandom random) => random.Chance(0.2) ? random.Between(64, 2000) : 64 << 10;
}

using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network;

/// <summary>How a link is while it works.</summary>
/// <param name="LeastLatency">The least time a piece is under way.</param>
/// <param name="MostLatency">The most.</param>
/// <param name="SendBuffer">What a writer may have under way before it waits.</param>
/// <param name="ReceiveBuffer">What may have arrived before it is read.</param>
/// <param name="MostPiece">The largest piece that arrives at once.</param>
internal sealed record LinkQuality(TimeSpan LeastLatency, TimeSpan MostLatency, int SendBuffer, int ReceiveBuffer, int MostPiece)
{
    /// <summary>On the slowest link, when nothing is wrong with it.</summary>
    private const int LeastBytesPerSecond = 50_000;

    public static LinkQuality Draw(SimRandom random)
    {
        int sendBuffer = DrawBuffer(random);
        int receiveBuffer = DrawBuffer(random);
        int piece = random.Chance(0.15) ? random.Between(8, 400) : random.Chance(0.3) ? 1460 : 64 << 10;

        // One piece is under way at a time: small ones are quick, or nothing would be over in the time of a run.
        long most = Math.Min(piece, Math.Min(sendBuffer, receiveBuffer)) * 1_000_000L / LeastBytesPerSecond;
        TimeSpan latency = TimeSpan.FromMicroseconds(random.Magnitude(50, (int)Math.Clamp(most, 100, 100_000)));
        return new LinkQuality(latency, latency * random.Pick(1, 1, 2, 3), sendBuffer, receiveBuffer, piece);
    }

    private static int DrawBuffer(SimRandom random) => random.Chance(0.2) ? random.Between(64, 2000) : 64 << 10;
}

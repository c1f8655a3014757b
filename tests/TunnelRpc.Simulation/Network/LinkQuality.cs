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
    public static LinkQuality Draw(SimRandom random)
    {
        TimeSpan latency = TimeSpan.FromMicroseconds(random.Magnitude(50, 200_000));
        int buffer = random.Chance(0.2) ? random.Between(16, 600) : 64 << 10;
        return new LinkQuality(
            latency,
            latency * random.Pick(1, 1, 2, 5),
            buffer,
            random.Chance(0.2) ? random.Between(16, 600) : 64 << 10,
            random.Chance(0.15) ? random.Between(1, 40) * 8 : random.Chance(0.3) ? 1460 : 64 << 10);
    }
}

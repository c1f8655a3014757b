using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Paths;

/// <summary>What listens to a session that is closed as soon as it is made: nothing the server says on it counts. Without state.</summary>
internal sealed class NullSessionHandler : ISessionHandler
{
    public static readonly NullSessionHandler Instance = new();

    public ulong StopAcceptingCalls() => 0;

    public void OnData(ReadOnlySpan<byte> data)
    {
        // CLOSE tells the server that none of its calls has run.
    }

    public void OnCapacityAvailable()
    {
        // Nothing waits to be sent.
    }

    public void OnEnded(SessionEnd end)
    {
        // Nothing depends on it.
    }
}

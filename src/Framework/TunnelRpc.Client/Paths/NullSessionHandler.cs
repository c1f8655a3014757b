using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Paths;

/// <summary>The handler of a session that is closed as soon as it is established: it ignores everything. Without state.</summary>
internal sealed class NullSessionHandler : ISessionHandler
{
    public static readonly NullSessionHandler Instance = new();

    public ulong StopAcceptingCalls() => 0;

    public void OnData(ReadOnlySpan<byte> data)
    {
        // CLOSE reports to the server that none of its calls has run.
    }

    public void OnCapacityAvailable()
    {
        // There is nothing to send.
    }

    public void OnEnded(SessionEnd end)
    {
        // Nothing depends on the session.
    }
}
